// The answer of a run, for people and for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "job/job.hpp"
#include "reduce/answer.hpp"

namespace fanfold {

/// One line for each entry of [reduce] (a table for those with `by`), each with the number of tasks it is
/// made of: `pi  = 3.1415926  (1,000 of 1,000 tasks)`. A ranking and a histogram are a table each, and a
/// table for each row of `by`. ≈ is before what is not exact. `tasks`: N.
std::string answers_text(const Job& job, const std::vector<reduce::Answer>& answers, std::uint64_t tasks);

/// {name: value}. Integers beyond 2^53, NaN and infinities are strings; no value is null; an argmin or argmax
/// is {"task": index, "params": {name: value}}, a ranking an array of these with "value" too, a histogram
/// {"edges": [...], "counts": [...], "below": n, "above": n}, a collection an array; `by` makes an array of
/// objects, the keys and "value".
nlohmann::ordered_json answers_json(const Job& job, const std::vector<reduce::Answer>& answers);

/// {name: relative error} of the answers that are not exact (AnswerRow::relative_error), the largest of their
/// rows.
nlohmann::ordered_json approximations_json(const std::vector<reduce::Answer>& answers);

/// A value in JSON, by the same rules.
nlohmann::ordered_json to_json(const Value& value);

/// A value as text, in quotes if it is no plain word.
std::string plain_text(const Value& value);

/// "x=0.1 model=a": the params of a task; texts that are not plain words in quotes.
std::string params_text(const Job& job, TaskIndex task);

}  // namespace fanfold
