#include "run/run.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "core/host.hpp"
#include "journal/journal.hpp"
#include "run/coordinator.hpp"
#include "run/live_reporter.hpp"
#include "run/open_run.hpp"
#include "run/pacer.hpp"
#include "run/task_order.hpp"
#include "run/wakeup.hpp"

namespace fanfold {
namespace {

using std::chrono::milliseconds;

constexpr double progress_seconds = 0.1;
constexpr double silence_limit_seconds = 60;
/// How long workers may take to leave after a stop.
constexpr double leave_seconds = 10;
/// Messages that are handled before the next look at everything else.
constexpr int messages_per_look = 256;

/// On rank zero both roles receive: this tells whose a message is.
bool is_for_worker(const Message& message) {
  return std::holds_alternative<JobMsg>(message) || std::holds_alternative<ChunkMsg>(message) ||
         std::holds_alternative<RecallMsg>(message) || std::holds_alternative<DrainMsg>(message) ||
         std::holds_alternative<StopMsg>(message);
}

/// When a run with a walltime starts no more tasks, and when it ends those that still run.
struct Deadlines {
  std::optional<double> drain;
  std::optional<double> abandon;
};

Deadlines deadlines_of(const RunPolicy& policy) {
  if (!policy.walltime) return {};
  const double walltime = policy.walltime->count();
  return {walltime - std::min(60.0, 0.1 * walltime), walltime - std::min(5.0, 0.02 * walltime)};
}

SchedulePolicy schedule_policy(const Job& job, std::uint64_t failed_before) {
  SchedulePolicy policy;
  policy.retries = job.source ? job.run.retries : 0;
  policy.stop_on_failure = job.run.stop_on_failure;
  policy.max_failures = job.run.max_failures;
  if (job.run.max_failure_share) {
    policy.max_failures =
        static_cast<std::uint64_t>(*job.run.max_failure_share * static_cast<double>(job.size()));
  }
  policy.chunk = job.run.chunk;
  policy.failed_before = failed_before;
  return policy;
}

/// One execution of a job on rank zero: the coordinator, its worker, and the loop of the main thread.
class Execution {
 public:
  Execution(Transport& transport, const Job& job, const JobSource& source, const RunOptions& options,
            RunObserver& observer)
      : transport_(transport), job_(job), source_(source), options_(options), observer_(observer) {}

  RunResult run() {
    LiveReporter live(options_.run_file);
    OpenRun open = open_run(job_, source_, options_);
    const TaskRange all{0, job_.size()};
    const TaskRange selection = options_.tasks.value_or(all);
    TaskSet pending(selection);
    pending.erase(open.state.finished);

    result_.tasks = job_.size();
    result_.selected = selection.size();
    observer_.on_start(selection.size(), selection.size() - pending.size());
    if (pending.empty()) {
      dismiss_workers(transport_);
      result_.finished = open.state.finished.size();
      result_.failed = open.state.failed;
      result_.left_out = open.state.left_out;
      result_.answers = partial_of(job_, open.state).finish();
    } else {
      execute(std::move(open), std::move(pending), live);
    }
    result_.tasks -= result_.left_out;
    result_.finished -= result_.left_out;
    result_.status = exit_status();
    return std::move(result_);
  }

 private:
  void execute(OpenRun open, TaskSet pending, LiveReporter& live) {
    open.file->begin_execution(host_name(), getpid(), static_cast<std::uint32_t>(transport_.size()));
    const std::uint64_t finished_before = open.state.finished.size();
    const std::uint64_t failed_before = open.state.failed;
    const std::uint64_t left_out_before = open.state.left_out;
    CoordinatorOptions coordinator_options;
    coordinator_options.tasks = result_.selected;
    coordinator_options.finished_before = result_.selected - pending.size();
    coordinator_options.failed_before = failed_before;
    coordinator_options.rank_zero_works = options_.rank_zero_works;
    coordinator_options.lost_after_seconds = silence_limit_seconds;

    reduce::Partial total = partial_of(job_, open.state);
    Schedule schedule = make_schedule(job_, schedule_policy(job_, failed_before), std::move(pending));
    Journal journal(std::move(open.file), std::move(open.state), merge_partials_of(job_),
                    [this] { wakeup_.notify(); });
    Coordinator coordinator(job_, transport_, std::move(schedule), journal, std::move(total),
                            coordinator_options);
    Worker worker(transport_, options_.choose_threads, [this] { wakeup_.notify(); });

    coordinator.send_job(source_);
    if (options_.rank_zero_works) worker.join(job_);
    loop(coordinator, worker, journal, live);

    const Snapshot last = coordinator.snapshot();
    const reduce::Partial& reduced = coordinator.total();
    journal.close();
    observer_.on_end(last);
    result_.finished = finished_before + coordinator.schedule().finished();
    result_.failed = failed_before + coordinator.schedule().failed();
    result_.left_out = left_out_before + coordinator.left_out();
    result_.executed = coordinator.schedule().finished() - coordinator.left_out();
    result_.retried = coordinator.schedule().retried();
    result_.seconds = last.seconds;
    result_.answers = reduced.finish();
    result_.failures = coordinator.failures().groups();
    result_.other_failures = coordinator.failures().others();
    for (int rank = 0; rank < transport_.size(); ++rank)
      result_.hosts.push_back(coordinator.host(Rank(rank)));
    result_.lost_ranks = coordinator.lost_ranks();
    stopped_by_failures_ = coordinator.schedule().stopped_by_failures();
    unfinished_ = coordinator.schedule().finished() + coordinator_options.finished_before < result_.selected;
    if (unfinished_ && stopped_by_failures_) {
      result_.stopped_by = job_.run.stop_on_failure ? "on_failure" : "max_failures";
    }
    if (unfinished_ && !stopped_by_failures_ && result_.stopped_by.empty()) {
      result_.stopped_by = "no rank is left to run tasks";
    }
  }

  void loop(Coordinator& coordinator, Worker& worker, Journal& journal, LiveReporter& live) {
    const Deadlines deadlines = deadlines_of(job_.run);
    // Alone, everything that happens wakes us; with others, their messages have to be looked for.
    Pacer pacer(transport_.size() == 1 ? milliseconds(50) : milliseconds(4));
    double next_progress = 0;
    std::optional<double> stopped_at;
    while (true) {
      bool busy = receive(coordinator, worker);
      busy |= worker.step();
      if (const auto error = journal.error()) throw RunError(*error);
      const double now = clock_.now();
      if (!stopped_at) {
        busy |= coordinator.step();
        heed(deadlines, now, coordinator);
        if (coordinator.ended() || abandoned_) {
          coordinator.stop(abandoned_);
          stopped_at = now;
        }
      } else if (coordinator.all_left() || now - *stopped_at > leave_seconds) {
        return;
      }
      if (now >= next_progress) {
        next_progress = now + progress_seconds;
        show_progress(coordinator, live);
      }
      rest(pacer, busy);
    }
  }

  bool receive(Coordinator& coordinator, Worker& worker) {
    bool received = false;
    for (int count = 0; count < messages_per_look; ++count) {
      std::optional<Envelope> envelope = transport_.receive();
      if (!envelope) break;
      received = true;
      try {
        Message message = decode_message(envelope->bytes);
        if (is_for_worker(message)) {
          worker.on_message(message);
        } else {
          coordinator.on_message(envelope->from, std::move(message));
        }
      } catch (const DecodeError& error) {
        spdlog::error("a message of rank {} cannot be read and is dropped: {}", envelope->from.value(),
                      error.what());
      }
    }
    return received;
  }

  /// Signals and the walltime: first no more tasks are started, then running ones are ended.
  void heed(const Deadlines& deadlines, double now, Coordinator& coordinator) {
    const int signals = options_.interrupts == nullptr ? 0 : options_.interrupts->count();
    const bool time_is_up = deadlines.drain && now >= *deadlines.drain;
    if (result_.stopped_by.empty() && (signals > 0 || time_is_up)) {
      result_.stopped_by = signals > 0 ? options_.interrupts->name() : "the walltime";
      spdlog::warn("stopped by {}: running tasks may end{}", result_.stopped_by,
                   signals > 0 ? "; once more to end them now" : "");
      coordinator.drain(result_.stopped_by);
    }
    abandoned_ = signals > 1 || (deadlines.abandon && now >= *deadlines.abandon);
  }

  void show_progress(Coordinator& coordinator, LiveReporter& live) {
    const Snapshot snapshot = coordinator.snapshot();
    observer_.on_progress(snapshot);
    LiveStatus status;
    status.tasks = snapshot.tasks;
    status.finished = snapshot.finished;
    status.failed = snapshot.failed;
    status.running = snapshot.outstanding;
    status.ranks = static_cast<std::uint32_t>(snapshot.ranks.size());
    status.seconds = snapshot.seconds;
    status.rate = snapshot.rate;
    status.remaining = snapshot.remaining;
    status.draining = snapshot.draining;
    for (const RankStatus& rank : snapshot.ranks) {
      if (status.loads.size() == most_live_ranks) break;
      status.loads.push_back(
          {rank.rank.value(), rank.host, rank.slots, rank.outstanding, rank.load, rank.lost});
    }
    live.update(status);
  }

  void rest(Pacer& pacer, bool busy) {
    if (busy) {
      pacer.busy();
      return;
    }
    const Pacer::Duration sleep = pacer.next_sleep();
    if (sleep > Pacer::Duration::zero()) wakeup_.wait_for(sleep);
  }

  ExitStatus exit_status() const {
    if (stopped_by_failures_) return ExitStatus::failures;
    if (unfinished_) return ExitStatus::resumable;
    return result_.failed > 0 ? ExitStatus::failures : ExitStatus::success;
  }

  Transport& transport_;
  const Job& job_;
  const JobSource& source_;
  const RunOptions& options_;
  RunObserver& observer_;
  RunClock clock_;
  Wakeup wakeup_;
  RunResult result_;
  bool abandoned_ = false;
  bool stopped_by_failures_ = false;
  bool unfinished_ = false;
};

}  // namespace

RunResult run_coordinator(Transport& transport, const Job& job, const JobSource& source,
                          const RunOptions& options, RunObserver& observer) {
  return Execution(transport, job, source, options, observer).run();
}

void run_worker(Transport& transport, const Worker::ChooseThreads& choose_threads, std::string obstacle) {
  Wakeup wakeup;
  Worker worker(
      transport, choose_threads, [&wakeup] { wakeup.notify(); }, std::move(obstacle));
  Pacer pacer(milliseconds(4));
  bool has_job = false;
  while (!worker.stopped() || !transport.flushed()) {
    bool busy = false;
    while (std::optional<Envelope> envelope = transport.receive()) {
      worker.on_message(decode_message(envelope->bytes));
      has_job = busy = true;
    }
    busy |= worker.step();
    if (has_job && worker.silence() > silence_limit_seconds) {
      throw RunError(fmt::format("rank {}: rank zero was silent for {:.0f} s; leaving",
                                 transport.rank().value(), silence_limit_seconds));
    }
    if (busy) {
      pacer.busy();
    } else if (const auto sleep = pacer.next_sleep(); sleep > Pacer::Duration::zero()) {
      wakeup.wait_for(sleep);
    }
  }
}

void dismiss_workers(Transport& transport) {
  for (int rank = 1; rank < transport.size(); ++rank)
    transport.send(Rank(rank), encode(Message(StopMsg{true})));
  const RunClock clock;
  Wakeup nobody;
  while (!transport.flushed() && clock.now() < 2) {
    while (transport.receive()) {
    }
    nobody.wait_for(milliseconds(1));
  }
}

}  // namespace fanfold
