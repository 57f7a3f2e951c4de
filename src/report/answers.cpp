#include "report/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/overloaded.hpp"
#include "job/template.hpp"
#include "report/answer_lists.hpp"
#include "report/json_literal.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

using Json = nlohmann::ordered_json;
using reduce::Answer;
using reduce::AnswerRow;
using reduce::AnswerValue;

/// Of integers with more digits, both ends are shown.
constexpr std::size_t most_digits = 200;

std::string shortened(const std::string& digits) {
  if (digits.size() <= most_digits) return digits;
  constexpr std::size_t end = 20;
  const std::size_t count = digits.size() - (digits.front() == '-' ? 1 : 0);
  return fmt::format("{}…{} ({} digits; --json has all)", digits.substr(0, end),
                     digits.substr(digits.size() - end), with_separators(count));
}

std::string value_text(const Job& job, const AnswerValue& value) {
  return std::visit(
      Overloaded{
          [](reduce::Nothing nothing) {
            return nothing.why.empty() ? "none" : fmt::format("none: {}", nothing.why);
          },
          [](const BigInteger& number) { return shortened(decimal(number)); },
          [](bool truth) { return std::string(truth ? "true" : "false"); },
          [](double number) { return to_text(Value(number)); }, [](const std::string& text) { return text; },
          [&job](reduce::Winner winner) {
            const std::string params = params_text(job, winner.task);
            return fmt::format("task {}{}", winner.task.value(), params.empty() ? "" : ": " + params);
          },
          [](const reduce::Collection& collection) { return collection_text(collection); },
          [](const reduce::Picture& picture) {
            return fmt::format("{} × {} pixels; --picture FILE writes them", picture.width, picture.height);
          },
          [](const auto&) { return std::string(); },  // a table of its own
      },
      value);
}

Json task_json(const Job& job, TaskIndex task) {
  Json params = Json::object();
  const std::vector<Value> values = job.space.params_of(task);
  for (std::size_t slot = 0; slot < values.size(); ++slot)
    params[job.space.name(slot)] = to_json(values[slot]);
  return Json{{"task", task.value()}, {"params", params}};
}

Json value_json(const Job& job, const AnswerValue& value) {
  return std::visit(Overloaded{
                        [](reduce::Nothing) { return Json(); },
                        [](const BigInteger& number) {
                          if (number > largest_json_integer || number < -largest_json_integer)
                            return Json(decimal(number));
                          return Json(static_cast<std::int64_t>(number));
                        },
                        [](bool truth) { return Json(truth); },
                        [](double number) { return to_json(Value(number)); },
                        [](const std::string& text) { return Json(text); },
                        [&job](reduce::Winner winner) { return task_json(job, winner.task); },
                        [&job](const reduce::Ranking& ranking) {
                          Json places = Json::array();
                          for (const auto& [task, place] : ranking.places) {
                            places.push_back(task_json(job, task));
                            places.back()["value"] = to_json(place);
                          }
                          return places;
                        },
                        [](const reduce::Histogram& histogram) {
                          return Json{{"edges", histogram.edges},
                                      {"counts", histogram.counts},
                                      {"below", histogram.below},
                                      {"above", histogram.above}};
                        },
                        [](const reduce::Collection& collection) {
                          Json values = Json::array();
                          for (const Value& item : collection.values) values.push_back(to_json(item));
                          return values;
                        },
                        [](const reduce::Picture& picture) {
                          return Json{{"width", picture.width}, {"height", picture.height}};
                        },
                    },
                    value);
}

/// `tasks`: N.
std::string share_text(const AnswerRow& row, std::uint64_t tasks) {
  std::string text = fmt::format("({} of {}", with_separators(row.tasks), count_of(tasks, "task"));
  if (row.skipped > 0) text += fmt::format(", {} NaN skipped", with_separators(row.skipped));
  return text + ")";
}

/// The value of a row, and how far it may be off.
std::string row_text(const Job& job, const AnswerRow& row) {
  const std::string text = value_text(job, row.value);
  return row.relative_error > 0 ? fmt::format("≈{} (±{:.2g}%)", text, 100 * row.relative_error) : text;
}

/// A ranking or a histogram: a table for each row of the answer.
bool has_tables(const Answer& answer) {
  return std::any_of(answer.rows.begin(), answer.rows.end(), [](const AnswerRow& row) {
    return std::holds_alternative<reduce::Ranking>(row.value) ||
           std::holds_alternative<reduce::Histogram>(row.value);
  });
}

std::string tables_text(const Job& job, const Answer& answer, std::uint64_t tasks) {
  std::string text;
  for (const AnswerRow& row : answer.rows) {
    text += answer.name;
    for (std::size_t key = 0; key < row.keys.size(); ++key)
      text += fmt::format(" {}={}", answer.key_names[key], plain_text(row.keys[key]));
    text += fmt::format("  {}\n", share_text(row, tasks));
    if (const auto* ranking = std::get_if<reduce::Ranking>(&row.value)) {
      text += ranking_text(job, *ranking, "  ");
    } else if (const auto* histogram = std::get_if<reduce::Histogram>(&row.value)) {
      text += histogram_text(*histogram, "  ");
    } else {
      text += fmt::format("  {}\n", row_text(job, row));
    }
  }
  return text;
}

/// A table with a column for each key, then the value, then the number of tasks.
std::string table_text(const Job& job, const Answer& answer) {
  std::vector<std::vector<std::string>> cells;
  std::vector<std::string> header = answer.key_names;
  header.push_back(answer.name);
  header.push_back("tasks");
  cells.push_back(std::move(header));
  for (const AnswerRow& row : answer.rows) {
    std::vector<std::string> line;
    for (const Value& key : row.keys) line.push_back(to_text(key));
    line.push_back(row_text(job, row));
    line.push_back(with_separators(row.tasks));
    cells.push_back(std::move(line));
  }
  return aligned(cells);
}

Json answer_json(const Job& job, const Answer& answer) {
  if (answer.key_names.empty())
    return answer.rows.empty() ? Json() : value_json(job, answer.rows.front().value);
  Json rows = Json::array();
  for (const AnswerRow& row : answer.rows) {
    Json object = Json::object();
    for (std::size_t key = 0; key < row.keys.size(); ++key)
      object[answer.key_names[key]] = to_json(row.keys[key]);
    object["value"] = value_json(job, row.value);
    rows.push_back(std::move(object));
  }
  return rows;
}

bool is_plain(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c <= ' ' || c == '"' || c == '\'' || c == '\\' || c == 0x7F;
  });
}

}  // namespace

std::string answers_text(const Job& job, const std::vector<Answer>& answers, std::uint64_t tasks) {
  std::size_t width = 0;
  for (const Answer& answer : answers) {
    if (answer.key_names.empty() && !has_tables(answer)) width = std::max(width, column_count(answer.name));
  }
  std::string text;
  for (const Answer& answer : answers) {
    if (has_tables(answer)) {
      text += tables_text(job, answer, tasks);
    } else if (!answer.key_names.empty()) {
      text += table_text(job, answer);
    } else if (!answer.rows.empty()) {
      const AnswerRow& row = answer.rows.front();
      text += fmt::format("{} = {}  {}\n", padded(answer.name, width), row_text(job, row),
                          share_text(row, tasks));
    }
  }
  return text;
}

Json answers_json(const Job& job, const std::vector<Answer>& answers) {
  Json results = Json::object();
  for (const Answer& answer : answers) results[answer.name] = answer_json(job, answer);
  return results;
}

Json approximations_json(const std::vector<Answer>& answers) {
  Json errors = Json::object();
  for (const Answer& answer : answers) {
    double worst = 0;
    for (const AnswerRow& row : answer.rows) worst = std::max(worst, row.relative_error);
    if (worst > 0) errors[answer.name] = worst;
  }
  return errors;
}

Json to_json(const Value& value) {
  return std::visit(
      Overloaded{
          [](std::int64_t number) {
            if (number > largest_json_integer || number < -largest_json_integer)
              return Json(std::to_string(number));
            return Json(number);
          },
          [&value](double number) { return std::isfinite(number) ? Json(number) : Json(to_text(value)); },
          [](const std::string& text) { return Json(text); },
      },
      value);
}

std::string plain_text(const Value& value) {
  const std::string text = to_text(value);
  return is_plain(text) ? text : json_literal(text);
}

std::string params_text(const Job& job, TaskIndex task) {
  std::string text;
  const std::vector<Value> values = job.space.params_of(task);
  for (std::size_t slot = 0; slot < values.size(); ++slot) {
    if (!text.empty()) text += ' ';
    text += job.space.name(slot) + "=" + plain_text(values[slot]);
  }
  return text;
}

}  // namespace fanfold
