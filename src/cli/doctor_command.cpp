// fanfold doctor: looks at where a run would run, and says what is wrong with it and what helps.
#include <fmt/format.h>
#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cli/commands.hpp"
#include "cli/job_options.hpp"
#include "cli/standard_output.hpp"
#include "cli/surroundings.hpp"
#include "core/error.hpp"
#include "exec/source.hpp"
#include "job/job.hpp"
#include "mpi/load.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

/// How long rank zero waits for what the others see.
constexpr std::chrono::seconds patience(20);

struct DoctorOptions {
  JobOptions job;
  std::string run_file;
};

/// Gives other processes the CPU between two looks for messages.
void rest() { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }

/// What all ranks see; on other ranks than zero nothing.
std::vector<RankView> gather(Transport& transport, const RankView& own) {
  const auto now = [] { return std::chrono::steady_clock::now(); };
  if (transport.rank() != Rank(0)) {
    ByteWriter out;
    encode(out, own);
    transport.send(Rank(0), out.take());
    const auto end = now() + patience;
    while (!transport.flushed() && now() < end) {
      transport.receive();
      rest();
    }
    return {};
  }
  std::vector<std::optional<RankView>> views(static_cast<std::size_t>(transport.size()));
  views.front() = own;
  std::size_t missing = views.size() - 1;
  for (const auto end = now() + patience; missing > 0 && now() < end; rest()) {
    while (const std::optional<Envelope> envelope = transport.receive()) {
      ByteReader in(envelope->bytes);
      auto& view = views[static_cast<std::size_t>(envelope->from.value())];
      if (!view) --missing;
      view = decode_rank_view(in);
    }
  }
  if (missing > 0) throw RunError(fmt::format("{} did not say what they see", count_of(missing, "rank")));
  std::vector<RankView> all;
  for (const auto& view : views) all.push_back(*view);
  return all;
}

std::string chosen_transports() {
  std::string text;
  for (const char* name : {"OMPI_MCA_pml", "OMPI_MCA_btl", "OMPI_MCA_mtl"}) {
    const char* const value = std::getenv(name);
    if (value != nullptr && *value != '\0')
      text += fmt::format("{}{}={}", text.empty() ? "" : ", ", name, value);
  }
  return text;
}

void look_at_mpi(RunView& run) {
  try {
    run.mpi = mpi_library_version();
  } catch (const UsageError& error) {
    run.mpi_obstacle = error.what();
  }
  run.transports = chosen_transports();
}

std::string text_of(const std::vector<RankView>& ranks, const std::vector<Finding>& findings) {
  std::set<std::string> hosts;
  for (const RankView& rank : ranks) hosts.insert(rank.host);
  constexpr std::string_view words[] = {"ok", "note", "warning", "problem"};
  std::string text =
      fmt::format("{} on {}\n", count_of(ranks.size(), "rank"), count_of(hosts.size(), "host"));
  for (const Finding& finding : findings) {
    text += fmt::format("{:<8} {}\n", words[static_cast<std::size_t>(finding.weight)], finding.text);
    if (!finding.remedy.empty()) text += fmt::format("{:<8} remedy: {}\n", "", finding.remedy);
  }
  return text;
}

/// A rank that cannot read the job, on a host that does not have the file, has the threads of any job; rank
/// zero must be able to.
std::unique_ptr<const Job> job_of(const DoctorOptions& options, bool is_rank_zero) {
  if (options.job.file.empty() && options.job.commands.empty()) return nullptr;
  try {
    return open_job(read_job(options.job), source_registry());
  } catch (const UsageError&) {
    if (is_rank_zero) throw;
    return nullptr;
  }
}

ExitStatus examine(const DoctorOptions& options) {
  const std::unique_ptr<Transport> transport = started_by_mpi() ? open_mpi_transport() : nullptr;
  const bool is_rank_zero = transport == nullptr || transport->rank() == Rank(0);
  std::unique_ptr<const Job> job;
  try {
    job = job_of(options, is_rank_zero);
  } catch (const UsageError& error) {
    if (!transport || transport->size() == 1) throw;
    std::fprintf(stderr, "%s\n", error.what());
    transport->abort(static_cast<int>(error.status()));
  }
  const RankView own = view_of_rank(transport ? transport->rank().value() : 0, job.get());
  const std::vector<RankView> ranks = transport ? gather(*transport, own) : std::vector<RankView>{own};
  if (!ranks.empty()) {
    RunView run;
    if (job) {
      run = view_of_run(*job, options.run_file.empty() ? default_run_file(options.job) : options.run_file);
      run.remaining_seconds = remaining_seconds(run.run_file);
    }
    look_at_mpi(run);
    write_standard_output(text_of(ranks, diagnose(ranks, run)));
  }
  if (transport) transport->finalize(false);
  return ExitStatus::success;
}

}  // namespace

void add_doctor_command(CLI::App& program, Action& action) {
  CLI::App* command = add_command(program, "doctor", "Look for what makes runs slow or fail here");
  const auto options = std::make_shared<DoctorOptions>();
  add_job_options(*command, options->job);
  command
      ->add_option("--run", options->run_file, "The run file (default: the job file's name with .run, here)")
      ->type_name("FILE");
  command->footer("Example: mpirun -n 4 fanfold doctor jobs/pi.toml");
  command->callback([options, &action] { action = [options] { return examine(*options); }; });
}

}  // namespace fanfold
