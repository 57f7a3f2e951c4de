#include "exec/secrets.hpp"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <set>

namespace fanfold {
namespace {

constexpr std::size_t shortest_secret = 4;

std::set<std::string> variables_of(const SourceSpec& spec) {
  std::set<std::string> names;
  for (const SourceArgument& argument : spec.arguments) {
    for (const auto& [name, text] : argument.templates) {
      for (std::string& variable : text.environment()) names.insert(std::move(variable));
    }
  }
  return names;
}

/// As it stands in a string of JSON.
std::string in_json(const std::string& text) {
  const std::string quoted =
      nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
  return quoted.substr(1, quoted.size() - 2);
}

}  // namespace

Secrets::Secrets(const Job& job) {
  if (!job.source) return;
  for (const std::string& name : variables_of(*job.source)) {
    const char* const value = std::getenv(name.c_str());
    if (value == nullptr || std::string_view(value).size() < shortest_secret) continue;
    // Servers say back what they were sent in forms of their own.
    for (const std::string& form : std::set<std::string>{value, percent_encode(value), in_json(value)})
      secrets_.push_back({name, form});
  }
  std::ranges::stable_sort(secrets_,
                           [](const Secret& a, const Secret& b) { return a.value.size() > b.value.size(); });
}

std::string Secrets::conceal(std::string text) const {
  for (const Secret& secret : secrets_) {
    const std::string shown = "{env." + secret.name + "}";
    for (std::size_t at = text.find(secret.value); at != std::string::npos;
         at = text.find(secret.value, at + shown.size())) {
      text.replace(at, secret.value.size(), shown);
    }
  }
  return text;
}

}  // namespace fanfold
