// [run], whose keys are command-line flags as well.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "core/nearest.hpp"
#include "job/section_keys.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

constexpr std::int64_t most_threads = 65536;
constexpr std::int64_t most_retries = 1'000'000;
constexpr std::uint64_t most_output = 64 << 20;

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

void read_grace(const Setting& setting, Reading& reading) {
  if (const auto value = reading.duration(setting)) reading.job.run.grace = *value;
}
void read_backoff(const Setting& setting, Reading& reading) {
  if (const auto value = reading.duration(setting)) reading.job.run.backoff = *value;
}
void read_backoff_limit(const Setting& setting, Reading& reading) {
  if (const auto value = reading.duration(setting)) reading.job.run.backoff_limit = *value;
}

void read_output_limit(const Setting& setting, Reading& reading) {
  const auto value = reading.bytes(setting);
  if (value && *value > most_output) return reading.wrong_text(setting, "a size of at most 64MiB");
  if (value) reading.job.run.output_limit = *value;
}
void read_memory(const Setting& setting, Reading& reading) {
  if (const auto value = reading.bytes(setting)) reading.job.run.memory = *value;
}
void read_print(const Setting& setting, Reading& reading) {
  using Print = RunPolicy::Print;
  constexpr Print prints[] = {Print::as_they_end, Print::in_order, Print::nothing};
  if (const auto choice = reading.choice(setting, {"ended", "order", "none"}))
    reading.job.run.print = prints[*choice];
}
void read_on_failure(const Setting& setting, Reading& reading) {
  if (const auto choice = reading.choice(setting, {"continue", "stop"})) {
    reading.job.run.stop_on_failure = *choice == 1;
  }
}
void read_keep(const Setting& setting, Reading& reading) {
  using Keep = RunPolicy::Keep;
  constexpr Keep keeps[] = {Keep::automatic, Keep::all, Keep::none};
  if (const auto choice = reading.choice(setting, {"auto", "all", "none"}))
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
  constexpr std::string_view expected = R"(a count of tasks or a share of them ("0%" to "100%"))";
  setting.node.is(Kind::text) ? reading.wrong_text(setting, expected) : reading.wrong_type(setting, expected);
}

std::optional<std::uint32_t> read_threads(const Setting& setting, Reading& reading) {
  const auto value = reading.integer(setting, 1, most_threads);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}
/// A number, or "auto", which is the default.
void read_io_threads(const Setting& setting, Reading& reading) {
  if (setting.node.is(Kind::text) && setting.node.text == "auto") {
    reading.job.run.io_threads.reset();
  } else if (setting.node.is(Kind::text)) {
    reading.wrong_text(setting, "an integer or \"auto\"", did_you_mean(setting.node.text, {"auto"}));
  } else if (const auto value = read_threads(setting, reading))
    reading.job.run.io_threads = value;
}
void read_compute_threads(const Setting& setting, Reading& reading) {
  if (const auto value = read_threads(setting, reading)) reading.job.run.compute_threads = value;
}
void read_chunk(const Setting& setting, Reading& reading) {
  if (const auto value = reading.integer(setting, 1, std::numeric_limits<std::int64_t>::max())) {
    reading.job.run.chunk = static_cast<std::uint64_t>(*value);
  }
}

constexpr SectionKey section_keys[] = {{"retries", read_retries},
                                       {"backoff", read_backoff},
                                       {"backoff_limit", read_backoff_limit},
                                       {"timeout", read_timeout},
                                       {"grace", read_grace},
                                       {"on_failure", read_on_failure},
                                       {"max_failures", read_max_failures},
                                       {"keep", read_keep},
                                       {"output_limit", read_output_limit},
                                       {"print", read_print},
                                       {"memory", read_memory},
                                       {"io_threads", read_io_threads},
                                       {"compute_threads", read_compute_threads},
                                       {"chunk", read_chunk},
                                       {"walltime", read_walltime}};

}  // namespace

const std::vector<std::string>& run_keys() {
  static const std::vector<std::string> names = names_of(section_keys);
  return names;
}

void read_run(const TomlEntry* section, Reading& reading) {
  read_section(section, "[run]", section_keys, reading.source.overrides.run, reading);
}

}  // namespace fanfold
