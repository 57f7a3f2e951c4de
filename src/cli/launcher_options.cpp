#include "cli/launcher_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <filesystem>
#include <string_view>

#include "core/host.hpp"
#include "job/read_file.hpp"
#include "mpi/hosts.hpp"
#include "mpi/launch.hpp"
#include "mpi/load.hpp"

namespace fanfold {
namespace {

constexpr std::uint64_t most_ranks = 1'000'000;
constexpr std::uint64_t most_restarts = 1000;

/// What the ranks may take to find together, beside what they may always take. A hundred times what they do.
constexpr double start_seconds_per_rank = 0.1;

/// Ranks for each CPU of the one host that they are on. Each is a process with threads for all its CPUs'
/// share: more than a few gain nothing, and hundreds take minutes to start, or all the memory.
constexpr int many_ranks_per_cpu = 16;
constexpr int most_ranks_per_cpu = 128;

/// Options, each with a value, that the ranks do not get.
constexpr std::string_view launcher_flags[] = {"-n", "--ranks", "--hosts", "--hostfile", "--restarts"};

/// A check of an option's text; the result is what is wrong, or empty.
auto whole_number(std::uint64_t least, std::uint64_t most) {
  return [least, most](const std::string& text) -> std::string {
    std::uint64_t value = 0;
    const char* const last = text.data() + text.size();
    const auto [end, error] = std::from_chars(text.data(), last, value);
    if (error == std::errc() && end == last && value >= least && value <= most) return {};
    return fmt::format("must be an integer from {} to {}, not '{}'", least, most, text);
  };
}

/// The command line without what is the launcher's business, for the ranks.
std::vector<std::string> command_of_ranks(const std::vector<std::string>& words) {
  const auto is_launchers = [](std::string_view word) {
    return std::ranges::find(launcher_flags, word) != std::end(launcher_flags);
  };
  std::vector<std::string> rest{std::filesystem::read_symlink("/proc/self/exe").string()};
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i];
    if (is_launchers(word)) {
      ++i;  // and its value
    } else if (!is_launchers(word.substr(0, word.find('='))) && !word.starts_with("-n")) {
      rest.push_back(words[i]);
    }
  }
  return rest;
}

std::vector<Host> hosts_of(const LauncherOptions& options) {
  std::vector<Host> hosts;
  if (!options.hosts.empty()) hosts = parse_hosts(options.hosts);
  if (!options.hostfile.empty())
    hosts = parse_hostfile(read_file("host file", options.hostfile), options.hostfile);
  if (!hosts.empty() && !is_this_host(hosts.front().name)) {
    throw UsageError(
        fmt::format("the first host must be this one, {}, not {}: rank zero runs where it is started",
                    host_name(), hosts.front().name));
  }
  return hosts;
}

void check_ranks_of_host(int ranks) {
  const int cpus = online_cpus();
  const std::string counted = cpus == 1 ? "the one CPU" : fmt::format("the {} CPUs", cpus);
  if (ranks > most_ranks_per_cpu * cpus) {
    throw UsageError(fmt::format(
        "-n {}: that is more than {} ranks for each of {} of this host; ranks are for CPUs and hosts: "
        "--io-threads is for tasks that wait",
        ranks, most_ranks_per_cpu, counted));
  }
  if (ranks > many_ranks_per_cpu * cpus) {
    std::fprintf(stderr,
                 "fanfold: warning: %d ranks share %s of this host; --io-threads is for tasks that wait\n",
                 ranks, counted.c_str());
  }
}

}  // namespace

void add_launcher_options(CLI::App& command, LauncherOptions& options, const char* group) {
  command.add_option("-n,--ranks", options.ranks, "Start mpirun with this many ranks")
      ->check(whole_number(1, most_ranks))
      ->type_name("R")
      ->group(group);
  command
      .add_option("--hosts", options.hosts,
                  "Start mpirun on these hosts, this one first, with so many ranks on each: nodea:2,nodeb:2")
      ->type_name("HOSTS")
      ->group(group);
  command.add_option("--hostfile", options.hostfile, "The same, from a file with a host on each line")
      ->type_name("FILE")
      ->excludes("--hosts")
      ->group(group);
  command
      .add_option("--restarts", options.restarts,
                  "With -n: start again so many times, from the run file, when rank zero dies (default: 3)")
      ->check(whole_number(0, most_restarts))
      ->type_name("N")
      ->group(group);
}

ExitStatus launch_ranks(const LauncherOptions& options, const std::vector<std::string>& words) {
  if (started_by_mpi()) {
    throw UsageError(
        fmt::format("{} starts mpirun, but mpirun has started this process: leave out one of them",
                    options.ranks > 0 ? "-n" : "--hosts"));
  }
  LaunchRequest request;
  request.ranks = options.ranks;
  request.hosts = hosts_of(options);
  request.command = command_of_ranks(words);
  if (request.hosts.empty() && !has_allocation()) check_ranks_of_host(options.ranks);
  request.limits.restarts = options.restarts;
  const int ranks = std::max<int>(options.ranks, static_cast<int>(request.hosts.size()));
  request.limits.start += start_seconds_per_rank * ranks;
  return launch(request);
}

}  // namespace fanfold
