#include "exec/worker_messages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <iterator>
#include <nlohmann/json.hpp>

#include "core/utf8.hpp"
#include "exec/program_source.hpp"

namespace fanfold {
namespace {

using Json = nlohmann::json;

constexpr std::size_t most_error_bytes = 1000;

void append_text(std::string& json, std::string_view text) {
  json += '"';
  for (std::size_t at = 0; at < text.size();) {
    const auto byte = static_cast<unsigned char>(text[at]);
    const std::size_t first = at;
    if (!next_character(text, at)) {
      fmt::format_to(std::back_inserter(json), "\\udc{:02x}", byte);
      ++at;
    } else if (byte < 0x20) {
      fmt::format_to(std::back_inserter(json), "\\u{:04x}", byte);
    } else {
      if (byte == '"' || byte == '\\') json += '\\';
      json += text.substr(first, at - first);
    }
  }
  json += '"';
}

void append_value(std::string& json, const Value& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return append_text(json, *text);
  const double* const real = std::get_if<double>(&value);
  if (real != nullptr && !std::isfinite(*real)) {
    json += std::isnan(*real) ? "NaN" : *real < 0 ? "-Infinity" : "Infinity";
  } else {
    json += to_text(value);
  }
}

std::string_view without_spaces(std::string_view text) {
  constexpr std::string_view spaces = " \t";
  const std::size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) - first + 1);
}

/// `{"values": 4.5}` and `{"index":7,"values": 4.5}`, by far the most frequent answers: they are not parsed
/// as JSON.
std::optional<WorkerAnswer> number_answer(std::string_view line) {
  constexpr std::string_view before_index = "{\"index\":";
  line = without_spaces(line);
  std::string_view before_values = "{\"values\":";
  WorkerAnswer answer;
  if (line.starts_with(before_index)) {
    line.remove_prefix(before_index.size());
    const std::size_t digits = std::min(line.find_first_not_of("0123456789"), line.size());
    if (digits == 0) return std::nullopt;
    answer.index = line.substr(0, digits);
    line.remove_prefix(digits);
    before_values = ",\"values\":";
  }
  if (!line.starts_with(before_values) || !line.ends_with('}')) return std::nullopt;
  line.remove_prefix(before_values.size());
  line.remove_suffix(1);
  line = without_spaces(line);
  answer.number = number_in(line);
  if (!answer.number) return std::nullopt;
  answer.values = line;
  return answer;
}

/// On one line, and not too long for one.
std::string error_of(const Json& json) {
  std::string text = json.is_string() ? json.get<std::string>() : json.dump();
  text = without_spaces(text.substr(0, text.find('\n')));
  if (text.size() > most_error_bytes) text.resize(most_error_bytes);
  return text.empty() ? "it says no more than that there was an error" : text;
}

}  // namespace

std::string worker_request(const Job& job, const TemplateContext& context) {
  std::string line;
  fmt::format_to(std::back_inserter(line), R"({{"index":{},"seed":{},"attempt":{},"params":{{)",
                 context.task.value(), context.seed, context.attempt.value());
  for (std::size_t slot = 0; slot < context.params.size(); ++slot) {
    if (slot > 0) line += ',';
    append_text(line, job.space.name(slot));
    line += ':';
    append_value(line, context.params[slot]);
  }
  line += "}}\n";
  return line;
}

std::optional<WorkerAnswer> worker_answer(std::string_view line) {
  if (auto answer = number_answer(line)) return answer;
  WorkerAnswer answer;
  const Json json = Json::parse(line, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return std::nullopt;
  if (const auto index = json.find("index"); index != json.end()) answer.index = index->dump();
  const auto error = json.find("error");
  const auto values = json.find("values");
  if (error != json.end()) {
    answer.error = error_of(*error);
  } else if (values == json.end()) {
    return std::nullopt;
  } else if (values->is_string()) {
    answer.values = values->get<std::string>();
  } else {
    answer.values = values->dump();
    answer.number = values->is_boolean() ? (values->get<bool>() ? 1.0 : 0.0) : number_in(answer.values);
  }
  return answer;
}

}  // namespace fanfold
