#include "report/answers.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "core/overloaded.hpp"
#include "job/template.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

using Json = nlohmann::ordered_json;
using reduce::Answer;
using reduce::AnswerRow;
using reduce::AnswerValue;

constexpr std::int64_t largest_exact = std::int64_t{1} << 53;

std::string value_text(const Job& job, const AnswerValue& value) {
  return std::visit(Overloaded{
                        [](reduce::Nothing) { return std::string("none"); },
                        [](const BigInteger& number) { return number.str(); },
                        [](double number) { return to_text(Value(number)); },
                        [](const std::string& text) { return text; },
                        [&job](reduce::Winner winner) {
                          const std::string params = params_text(job, winner.task);
                          return fmt::format("task {}{}", winner.task.value(),
                                             params.empty() ? "" : ": " + params);
                        },
                    },
                    value);
}

Json value_json(const Job& job, const AnswerValue& value) {
  return std::visit(Overloaded{
                        [](reduce::Nothing) { return Json(); },
                        [](const BigInteger& number) {
                          if (abs(number) > largest_exact) return Json(number.str());
                          return Json(static_cast<std::int64_t>(number));
                        },
                        [](double number) { return to_json(Value(number)); },
                        [](const std::string& text) { return Json(text); },
                        [&job](reduce::Winner winner) {
                          Json params = Json::object();
                          const std::vector<Value> values = job.space.params_of(winner.task);
                          for (std::size_t slot = 0; slot < values.size(); ++slot) {
                            params[job.space.name(slot)] = to_json(values[slot]);
                          }
                          return Json{{"task", winner.task.value()}, {"params", params}};
                        },
                    },
                    value);
}

std::string share_text(const Job& job, const AnswerRow& row) {
  std::string text = fmt::format("({} of {}", with_separators(row.tasks), count_of(job.size(), "task"));
  if (row.skipped > 0) text += fmt::format(", {} NaN skipped", with_separators(row.skipped));
  return text + ")";
}

std::string padded(const std::string& text, std::size_t width) {
  return text + std::string(width - std::min(width, text.size()), ' ');
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
    line.push_back(value_text(job, row.value));
    line.push_back(with_separators(row.tasks));
    cells.push_back(std::move(line));
  }
  std::vector<std::size_t> widths(cells.front().size());
  for (const auto& line : cells) {
    for (std::size_t column = 0; column < line.size(); ++column) {
      widths[column] = std::max(widths[column], line[column].size());
    }
  }
  std::string text;
  for (const auto& line : cells) {
    for (std::size_t column = 0; column + 1 < line.size(); ++column)
      text += padded(line[column], widths[column]) + "  ";
    text += line.back() + "\n";
  }
  return text;
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

/// In quotes, on one line; bytes that are no UTF-8 are replaced.
std::string quoted(const std::string& text) {
  return Json(text).dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_plain(const std::string& text) {
  return !text.empty() && std::none_of(text.begin(), text.end(), [](unsigned char c) {
    return c <= ' ' || c == '"' || c == '\'' || c == '\\' || c == 0x7F;
  });
}

}  // namespace

std::string answers_text(const Job& job, const std::vector<Answer>& answers) {
  std::size_t width = 0;
  for (const Answer& answer : answers) {
    if (answer.key_names.empty()) width = std::max(width, answer.name.size());
  }
  std::string text;
  for (const Answer& answer : answers) {
    if (!answer.key_names.empty()) {
      text += table_text(job, answer);
    } else if (!answer.rows.empty()) {
      const AnswerRow& row = answer.rows.front();
      text += fmt::format("{} = {}  {}\n", padded(answer.name, width), value_text(job, row.value),
                          share_text(job, row));
    }
  }
  return text;
}

Json answers_json(const Job& job, const std::vector<Answer>& answers) {
  Json results = Json::object();
  for (const Answer& answer : answers) results[answer.name] = answer_json(job, answer);
  return results;
}

Json to_json(const Value& value) {
  return std::visit(
      Overloaded{
          [](std::int64_t number) {
            if (number > largest_exact || number < -largest_exact) return Json(std::to_string(number));
            return Json(number);
          },
          [&value](double number) { return std::isfinite(number) ? Json(number) : Json(to_text(value)); },
          [](const std::string& text) { return Json(text); },
      },
      value);
}

std::string params_text(const Job& job, TaskIndex task) {
  std::string text;
  const std::vector<Value> values = job.space.params_of(task);
  for (std::size_t slot = 0; slot < values.size(); ++slot) {
    const std::string value = to_text(values[slot]);
    if (!text.empty()) text += ' ';
    text += job.space.name(slot) + "=" + (is_plain(value) ? value : quoted(value));
  }
  return text;
}

}  // namespace fanfold
