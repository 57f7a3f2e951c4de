// [cluster], whose keys are command-line flags of `submit` as well.
#include <fmt/format.h>

#include "job/section_keys.hpp"

namespace fanfold {
namespace {

using Kind = TomlNode::Kind;

constexpr std::int64_t most_nodes = 1'000'000;
constexpr std::int64_t most_per_node = 65536;
/// The largest array that Slurm takes where it is not told otherwise is below this.
constexpr std::int64_t most_parts = 100'000;

void read_scheduler(const Setting& setting, Reading& reading) {
  static const std::vector<std::string> schedulers = {"slurm", "sge", "pbs", "lsf"};
  if (const auto choice = reading.choice(setting, schedulers))
    reading.job.cluster.scheduler = schedulers[*choice];
}

std::optional<std::uint32_t> read_count(const Setting& setting, std::int64_t most, Reading& reading) {
  const auto value = reading.integer(setting, 1, most);
  return value ? std::optional(static_cast<std::uint32_t>(*value)) : std::nullopt;
}
void read_nodes(const Setting& setting, Reading& reading) {
  reading.job.cluster.nodes = read_count(setting, most_nodes, reading);
}
void read_ranks_per_node(const Setting& setting, Reading& reading) {
  reading.job.cluster.ranks_per_node = read_count(setting, most_per_node, reading);
}
void read_cpus_per_rank(const Setting& setting, Reading& reading) {
  reading.job.cluster.cpus_per_rank = read_count(setting, most_per_node, reading);
}
void read_array(const Setting& setting, Reading& reading) {
  reading.job.cluster.array = read_count(setting, most_parts, reading);
}

void read_time(const Setting& setting, Reading& reading) {
  constexpr std::string_view expected =
      R"(a time ("90m", "12h", "2d", "12:00:00", "2-12:00:00" or a number of minutes))";
  const TomlNode& node = setting.node;
  if (!node.is(Kind::text) && !node.is(Kind::integer)) return reading.wrong_type(setting, expected);
  const auto time = parse_allocation_time(node.is(Kind::text) ? node.text : std::to_string(node.integer));
  if (!time) return reading.wrong_text(setting, expected);
  if (time->count() < 1) return reading.wrong_value(setting, "at least a second");
  reading.job.cluster.time = time;
}

/// A word that goes into the script as it is: what would need quotes there is no name of a queue or account.
void read_word(const Setting& setting, std::string& target, Reading& reading) {
  // A name may be a number; the option's text is kept with it.
  const bool is_option = setting.place.line == 0 && !setting.node.text.empty();
  if (!setting.node.is(Kind::text) && !is_option) return reading.wrong_type(setting, "a string");
  const std::string& text = setting.node.text;
  if (text.empty() || text.find_first_of(" \t\r\n\"'`$\\;&|<>()") != std::string::npos) {
    return reading.wrong_text(setting, "a name without spaces, quotes and $");
  }
  target = text;
}
void read_queue(const Setting& setting, Reading& reading) {
  if (!reading.job.cluster.queue.empty()) {
    // A flag replaces what the file says, by either name.
    if (setting.place.line != 0)
      return reading.error(setting.place, "'partition' and 'queue' mean the same: give one");
  }
  read_word(setting, reading.job.cluster.queue, reading);
}
void read_account(const Setting& setting, Reading& reading) {
  read_word(setting, reading.job.cluster.account, reading);
}
void read_parallel_environment(const Setting& setting, Reading& reading) {
  read_word(setting, reading.job.cluster.parallel_environment, reading);
}

void read_setup(const Setting& setting, Reading& reading) {
  constexpr std::string_view expected = "a list of strings, each a line of shell";
  if (!setting.node.is(Kind::list)) return reading.wrong_type(setting, expected);
  for (const TomlNode& line : setting.node.items) {
    if (!line.is(Kind::text)) {
      reading.wrong_type({line, setting.label, line.place, std::string(describe(line.kind))},
                         "made of strings");
    } else {
      reading.job.cluster.setup.push_back(line.text);
    }
  }
}

constexpr SectionKey cluster_keys[] = {{"scheduler", read_scheduler},
                                       {"nodes", read_nodes},
                                       {"ranks_per_node", read_ranks_per_node},
                                       {"cpus_per_rank", read_cpus_per_rank},
                                       {"time", read_time},
                                       {"partition", read_queue},
                                       {"queue", read_queue},
                                       {"account", read_account},
                                       {"array", read_array},
                                       {"parallel_environment", read_parallel_environment},
                                       {"setup", read_setup}};

}  // namespace

void read_cluster(const TomlEntry* section, Reading& reading) {
  read_section(section, "[cluster]", cluster_keys, reading.source.overrides.cluster, reading);
}

}  // namespace fanfold
