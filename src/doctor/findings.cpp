#include "doctor/findings.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <functional>
#include <limits>
#include <set>

namespace fanfold {
namespace {

using Weight = Finding::Weight;

/// Descriptors of a rank besides those of its programs: MPI's, the run file's, logs.
constexpr std::uint64_t own_files = 64;
/// Of a program that runs: three pipes, both ends of which are open while it is started.
constexpr std::uint64_t files_per_program = 6;
constexpr std::uint64_t little_temporary_space = std::uint64_t{256} << 20;

std::string bytes_text(std::uint64_t bytes) {
  constexpr const char* units[] = {"bytes", "kB", "MB", "GB", "TB", "PB", "EB"};
  double number = static_cast<double>(bytes);
  std::size_t unit = 0;
  for (; number >= 1000 && unit + 1 < std::size(units); ++unit) number /= 1000;
  return unit == 0 ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", number, units[unit]);
}

std::string time_text(double seconds) {
  if (seconds < 120) return fmt::format("{:.0f} s", seconds);
  if (seconds < 7200) return fmt::format("{:.0f} min", seconds / 60);
  return fmt::format("{:.1f} h", seconds / 3600);
}

/// "rank 0", "ranks 0, 2", "ranks 0, 1, 2 and 13 more".
std::string names_of(const std::vector<const RankView*>& ranks) {
  constexpr std::size_t most_named = 8;
  std::string text = ranks.size() == 1 ? "rank " : "ranks ";
  for (std::size_t i = 0; i < std::min(ranks.size(), most_named); ++i)
    text += fmt::format("{}{}", i == 0 ? "" : ", ", ranks[i]->rank);
  if (ranks.size() > most_named) text += fmt::format(" and {} more", ranks.size() - most_named);
  return text;
}

std::vector<const RankView*> those(const std::vector<RankView>& ranks,
                                   const std::function<bool(const RankView&)>& condition) {
  std::vector<const RankView*> found;
  for (const RankView& rank : ranks) {
    if (condition(rank)) found.push_back(&rank);
  }
  return found;
}

/// One rank of each host.
std::vector<const RankView*> hosts_of(const std::vector<RankView>& ranks) {
  std::set<std::string> seen;
  return those(ranks, [&seen](const RankView& rank) { return seen.insert(rank.host).second; });
}

Finding good(std::string text) { return {Weight::good, std::move(text), ""}; }

Finding binding(const std::vector<RankView>& ranks) {
  const auto bound = those(ranks, [](const RankView& rank) {
    return rank.allowed_cpus == 1 && rank.ranks_on_host < rank.online_cpus;
  });
  if (bound.empty()) return good("binding: no rank is held on one core while others are free");
  return {Weight::problem,
          fmt::format("binding: {} may run on 1 of {} CPUs of {}, where the ranks are fewer", names_of(bound),
                      bound.front()->online_cpus, bound.front()->host),
          "start with `fanfold run -n R`, or with `mpirun --bind-to none` or `--map-by slot:PE=CPUS`"};
}

Finding threads(const std::vector<RankView>& ranks) {
  const auto crowded =
      those(ranks, [](const RankView& rank) { return rank.compute_threads > rank.allowed_cpus; });
  if (!crowded.empty()) {
    const RankView& rank = *crowded.front();
    return {
        Weight::warning,
        fmt::format("threads: {} would compute with {} threads on {} of {}", names_of(crowded),
                    rank.compute_threads,
                    rank.allowed_cpus == 1 ? "1 CPU" : fmt::format("{} CPUs", rank.allowed_cpus), rank.host),
        "leave out compute_threads, or give the rank more CPUs"};
  }
  const RankView& first = ranks.front();
  return good(fmt::format("threads: rank {} has {} I/O and {} compute threads on {} of {} CPUs", first.rank,
                          first.io_threads, first.compute_threads, first.allowed_cpus, first.online_cpus));
}

Finding oversubscription(const std::vector<RankView>& ranks) {
  for (const RankView* host : hosts_of(ranks)) {
    std::uint64_t compute = 0;
    for (const RankView& rank : ranks) compute += rank.host == host->host ? rank.compute_threads : 0;
    if (host->ranks_on_host > host->online_cpus) {
      return {Weight::warning,
              fmt::format("oversubscription: {} ranks on the {} CPUs of {}", host->ranks_on_host,
                          host->online_cpus, host->host),
              "fewer ranks: one for each host or socket, with threads, does as much"};
    }
    if (compute > host->online_cpus) {
      return {Weight::warning,
              fmt::format("oversubscription: {} compute threads on the {} CPUs of {}", compute,
                          host->online_cpus, host->host),
              "set compute_threads to the CPUs of a host divided by its ranks"};
    }
  }
  return good("oversubscription: no host has more ranks or compute threads than CPUs");
}

/// How many threads each program would have, as OMP_NUM_THREADS says; 0: it does not.
std::uint64_t openmp_threads(const RankView& rank) {
  constexpr std::string_view name = "OMP_NUM_THREADS=";
  for (const std::string& variable : rank.thread_variables) {
    if (variable.starts_with(name)) return std::strtoull(variable.c_str() + name.size(), nullptr, 10);
  }
  return 0;
}

Finding program_threads(const std::vector<RankView>& ranks, const RunView& run) {
  const RankView& rank = ranks.front();
  const std::string set = rank.thread_variables.empty()
                              ? "none is set"
                              : fmt::format("{}", fmt::join(rank.thread_variables, ", "));
  if (!run.runs_programs || run.sets_threads_of_programs) return good("OMP variables: " + set);
  const std::uint64_t each = openmp_threads(rank);
  const std::uint64_t all = (each == 0 ? rank.allowed_cpus : each) * rank.io_threads * rank.ranks_on_host;
  if (all <= rank.online_cpus) return good("OMP variables: " + set);
  return {
      Weight::warning,
      fmt::format("OMP variables: {}: programs that use OpenMP or a threaded BLAS may start {} threads each, "
                  "{} in all on the {} CPUs of {}",
                  set, each == 0 ? rank.allowed_cpus : each, all, rank.online_cpus, rank.host),
      "env = { OMP_NUM_THREADS = \"1\" } in [task], or fewer io_threads"};
}

Finding open_files(const std::vector<RankView>& ranks, const RunView& run) {
  const auto needed = [&run](const RankView& rank) {
    return own_files + (run.runs_programs ? files_per_program : 1) * rank.io_threads;
  };
  const auto few = those(ranks, [&](const RankView& rank) { return rank.open_files < needed(rank); });
  if (few.empty()) {
    const std::uint64_t limit = ranks.front().open_files;
    return good(limit == std::numeric_limits<std::uint64_t>::max()
                    ? "open files: no limit"
                    : fmt::format("open files: {} are allowed", limit));
  }
  return {Weight::problem,
          fmt::format("open files: {} may open {}, and would need about {}", names_of(few),
                      few.front()->open_files, needed(*few.front())),
          fmt::format("ulimit -n {}, or fewer io_threads", needed(*few.front()))};
}

Finding temporary_space(const std::vector<RankView>& ranks) {
  const auto full =
      those(ranks, [](const RankView& rank) { return rank.temporary_bytes < little_temporary_space; });
  const RankView& first = full.empty() ? ranks.front() : *full.front();
  const std::string text = fmt::format("temporary files: {} are free in {} of {}",
                                       bytes_text(first.temporary_bytes), first.temporary_folder, first.host);
  if (full.empty()) return good(text);
  return {Weight::problem, text, "free some, or set TMPDIR to another folder: MPI and {tmp} need it"};
}

Finding run_file_place(const RunView& run) {
  const std::string folder = run.run_file;
  if (run.on_network_file_system) {
    return {Weight::note,
            fmt::format(
                "run file: {} is on a network file system: it is opened by one process alone, and `status` "
                "says what its writer says",
                folder),
            "a local disk of rank zero's host shows more while the run is live: --run /local/FILE"};
  }
  return good(fmt::format("run file: {} is on a local file system", folder));
}

Finding run_file_size(const RunView& run) {
  const std::string text =
      fmt::format("files: 1 run file of about {}{}, {} are free there", bytes_text(run.predicted_bytes),
                  run.grows_with_output ? " and what programs print" : "", bytes_text(run.free_bytes));
  if (run.predicted_bytes < run.free_bytes) return good(text);
  return {Weight::problem, text, "--run FILE on a larger disk, or keep = \"none\""};
}

Finding run_time(const RunView& run) {
  const std::string limit = run.walltime_seconds ? time_text(*run.walltime_seconds) : "";
  if (!run.remaining_seconds) {
    const std::string how = "nothing is recorded to tell the run time from";
    return {Weight::note,
            limit.empty() ? fmt::format("time: {}, and no walltime is known", how)
                          : fmt::format("time: {}; the walltime is {}", how, limit),
            "run a part first: --task 0, or --tasks 0:100; then ask again"};
  }
  const std::string left =
      fmt::format("time: about {} are left to run, as fast as so far", time_text(*run.remaining_seconds));
  if (limit.empty()) return good(left + "; no walltime is known");
  if (*run.remaining_seconds <= *run.walltime_seconds)
    return good(left + ", within the walltime of " + limit);
  return {Weight::warning, left + ", and the walltime is " + limit,
          "more nodes, or let it go on: `fanfold submit` queues the job again until it has ended"};
}

std::vector<Finding> mpi(const std::vector<RankView>& ranks, const RunView& run) {
  if (run.mpi.empty()) {
    return {{Weight::problem, "MPI: " + run.mpi_obstacle,
             "install Open MPI; without it, `fanfold run` has one rank"}};
  }
  std::vector<Finding> findings{good("MPI: " + run.mpi)};
  const bool crosses = hosts_of(ranks).size() > 1;
  const bool can_cross = run.transports.empty() || run.transports.find("tcp") != std::string::npos ||
                         run.transports.find("ucx") != std::string::npos ||
                         run.transports.find("cm") != std::string::npos ||
                         run.transports.find('^') != std::string::npos;
  const std::string text =
      "transports: " + (run.transports.empty() ? std::string("Open MPI chooses them") : run.transports);
  if (crosses && !can_cross) {
    findings.push_back({Weight::problem, text + ": none of them leaves the host",
                        "unset OMPI_MCA_btl and OMPI_MCA_pml, or add tcp"});
  } else {
    findings.push_back(good(text));
  }
  return findings;
}

}  // namespace

std::vector<Finding> diagnose(const std::vector<RankView>& ranks, const RunView& run) {
  std::vector<Finding> findings{binding(ranks),          threads(ranks),
                                oversubscription(ranks), program_threads(ranks, run),
                                open_files(ranks, run),  temporary_space(ranks)};
  for (Finding& finding : mpi(ranks, run)) findings.push_back(std::move(finding));
  if (run.run_file.empty()) return findings;
  findings.push_back(run_file_place(run));
  findings.push_back(run_file_size(run));
  findings.push_back(run_time(run));
  return findings;
}

std::vector<Finding> problems(const std::vector<RankView>& ranks, const RunView& run) {
  std::vector<Finding> findings{binding(ranks), open_files(ranks, run), temporary_space(ranks)};
  if (!run.run_file.empty()) findings.push_back(run_file_size(run));
  std::erase_if(findings, [](const Finding& finding) { return finding.weight != Weight::problem; });
  return findings;
}

}  // namespace fanfold
