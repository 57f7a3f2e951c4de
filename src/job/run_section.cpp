// [run], whose keys are command-line flags as well, and [cluster].
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/nearest.hpp"
#include "job/reading.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

constexpr std::int64_t most_threads = 65536;
constexpr std::int64_t most_retries = 1'000'000;

void read_retries(const Setting& setting, Reading& reading) {
  if (const auto value = reading.integer(setting, 0, most_retries)) {
    reading.job.run.retries = static_cast<std::uint32_t>(*value);
  }
}

void read_positive_duration(const Setting& setting, std::optional<std::chrono::duration<double>>& target,
                            Reading& reading) {
  const auto value = reading.duration(setting);
  if (value && value->count() <= 0) return reading.wrong_value(setting, "longer than 0 seconds");
  if (value) target = *value;
}
void read_timeout(const Setting& setting, Reading& reading) {
  read_positive_duration(setting, reading.job.run.timeout, reading);
}
void read_walltime(const Setting& setting, Reading& reading) {
  read_positive_duration(setting, reading.job.run.walltime, reading);
}

/// The index of the word in `choices`; nothing and an error if it is none of them.
std::optional<std::size_t> read_choice(const Setting& setting, const std::vector<std::string>& choices,
                                       Reading& reading) {
  std::vector<std::string> written;
  for (const std::string& choice : choices) written.push_back('"' + choice + '"');
  const std::string expected = listed(written, "or");
  if (!setting.node.is(Kind::text)) {
    reading.wrong_type(setting, expected);
    return std::nullopt;
  }
  const auto found = std::find(choices.begin(), choices.end(), setting.node.text);
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  reading.wrong_value(setting, expected + did_you_mean(setting.node.text, choices));
  return std::nullopt;
}
void read_on_failure(const Setting& setting, Reading& reading) {
  if (const auto choice = read_choice(setting, {"continue", "stop"}, reading)) {
    reading.job.run.stop_on_failure = *choice == 1;
  }
}
void read_keep(const Setting& setting, Reading& reading) {
  using Keep = RunPolicy::Keep;
  constexpr Keep keeps[] = {Keep::automatic, Keep::all, Keep::none};
  if (const auto choice = read_choice(setting, {"auto", "all", "none"}, reading))
    reading.job.run.keep = keeps[*choice];
}

/// A count, or a share: "5%".
void read_max_failures(const Setting& setting, Reading& reading) {
  RunPolicy& run = reading.job.run;
  if (setting.node.is(Kind::integer)) {
    if (const auto count = reading.integer(setting, 0, std::numeric_limits<std::int64_t>::max())) {
      run.max_failures = static_cast<std::uint64_t>(*count);
      run.max_failure_share.reset();
    }
    return;
  }
  const std::string& text = setting.node.text;
  double percent = -1;
  const char* const last = text.data() + text.size();
  const auto [end, error] = std::from_chars(text.data(), last, percent);
  if (error == std::errc() && end + 1 == last && *end == '%' && percent >= 0 && percent <= 100) {
    run.max_failure_share = percent / 100;
    run.max_failures.reset();
    return;
  }
  constexpr std::string_view expected = R"(a count of tasks or a share of them, "0%" to "100%")";
  setting.node.is(Kind::text) ? reading.wrong_value(setting, expected)
                              : reading.wrong_type(setting, expected);
}

std::optional<std::uint32_t> read_threads(const Setting& setting, Reading& reading) {
  const auto value = reading.integer(setting, 1, most_threads);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}
void read_io_threads(const Setting& setting, Reading& reading) {
  if (const auto value = read_threads(setting, reading)) reading.job.run.io_threads = value;
}
void read_compute_threads(const Setting& setting, Reading& reading) {
  if (const auto value = read_threads(setting, reading)) reading.job.run.compute_threads = value;
}
void read_chunk(const Setting& setting, Reading& reading) {
  if (const auto value = reading.integer(setting, 1, std::numeric_limits<std::int64_t>::max())) {
    reading.job.run.chunk = static_cast<std::uint64_t>(*value);
  }
}

struct RunKey {
  std::string_view name;
  void (*read)(const Setting& setting, Reading& reading);
};
constexpr RunKey keys[] = {{"retries", read_retries},
                           {"timeout", read_timeout},
                           {"on_failure", read_on_failure},
                           {"max_failures", read_max_failures},
                           {"keep", read_keep},
                           {"io_threads", read_io_threads},
                           {"compute_threads", read_compute_threads},
                           {"chunk", read_chunk},
                           {"walltime", read_walltime}};

const RunKey* find_key(std::string_view name) {
  const auto found =
      std::find_if(std::begin(keys), std::end(keys), [&](const RunKey& key) { return key.name == name; });
  return found == std::end(keys) ? nullptr : found;
}

/// The text of a flag as it would stand in the file: a number if it is one, else a string.
TomlNode node_of(const std::string& text) {
  TomlNode node;
  node.text = text;
  const char* const last = text.data() + text.size();
  if (std::from_chars(text.data(), last, node.integer).ptr == last && !text.empty()) {
    node.kind = Kind::integer;
  } else if (std::from_chars(text.data(), last, node.real).ptr == last && !text.empty()) {
    node.kind = Kind::real;
  } else {
    node.kind = Kind::text;
  }
  return node;
}

void read_override(const std::string& key, const std::string& text, Reading& reading) {
  std::string flag = "--" + key;
  std::replace(flag.begin(), flag.end(), '_', '-');
  const RunKey* const known = find_key(key);
  if (known == nullptr)
    return reading.error({}, flag + ": [run] has no such key" + did_you_mean(key, run_keys()));
  const TomlNode node = node_of(text);
  known->read({node, flag + ":", {}, "'" + text + "'"}, reading);
}

const std::vector<std::string> cluster_keys = {"nodes",     "ranks_per_node", "cpus_per_rank", "time",
                                               "partition", "queue",          "account",       "setup",
                                               "scheduler", "array"};

}  // namespace

const std::vector<std::string>& run_keys() {
  static const std::vector<std::string> names = [] {
    std::vector<std::string> result;
    for (const RunKey& key : keys) result.emplace_back(key.name);
    return result;
  }();
  return names;
}

void read_run(const TomlEntry* section, Reading& reading) {
  if (section != nullptr) {
    reading.check_keys(section->node, "[run]", run_keys());
    for (const TomlEntry& entry : section->node.entries) {
      if (const RunKey* const key = find_key(entry.key)) key->read(setting_of(entry), reading);
    }
  }
  for (const auto& [key, text] : reading.source.overrides.run) read_override(key, text, reading);
}

void read_cluster(const TomlEntry& section, Reading& reading) {
  reading.check_keys(section.node, "[cluster]", cluster_keys);
  for (const TomlEntry& entry : section.node.entries) {
    if (entry.node.is(Kind::table) || entry.node.is(Kind::time)) {
      reading.wrong_type(setting_of(entry), "a number, a string, a boolean or a list");
    }
  }
}

}  // namespace fanfold
