// The lines that are exchanged with a worker: one JSON object each.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "job/job.hpp"
#include "job/template.hpp"

namespace fanfold {

/// `{"index":7,"seed":123,"attempt":1,"params":{"x":0.5,"name":"a"}}` and a line's end. Reals have a point or
/// an exponent; NaN and infinities are written NaN, Infinity and -Infinity, as Python does. Bytes of a text
/// that are no UTF-8 are written as Python's surrogate escapes, \udc80 to \udcff.
std::string worker_request(const Job& job, const TemplateContext& context);

/// What a worker said about a task.
struct WorkerAnswer {
  std::string index;                 ///< of the task, as JSON; empty: it does not say
  std::optional<std::string> error;  ///< why it failed, in one line
  std::optional<double> number;      ///< its values, if they are one number
  std::string values;                ///< its values: a text as it is, anything else as JSON
};

/// Reads `{"values": …}` or `{"error": …}`, in which `"index": 7` may say which task it is for; other names
/// are ignored. None: the line is neither.
std::optional<WorkerAnswer> worker_answer(std::string_view line);

}  // namespace fanfold
