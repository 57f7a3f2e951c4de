#include "run/run.hpp"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "core/cpu_level.hpp"
#include "core/host.hpp"
#include "core/random_keys.hpp"
#include "journal/journal.hpp"
#include "journal/write_permission.hpp"
#include "run/blamed_tasks.hpp"
#include "run/coordinator.hpp"
#include "run/ended_run.hpp"
#include "run/live_reporter.hpp"
#include "run/open_run.hpp"
#include "run/pacer.hpp"
#include "run/run_file_watch.hpp"
#include "run/task_order.hpp"
#include "run/time_limit.hpp"
#include "run/wakeup.hpp"

namespace fanfold {
namespace {

using std::chrono::milliseconds;

constexpr double progress_seconds = 0.1;
/// A rank that says nothing for so long is given up. Workers say something every second. Where the ranks go
/// on without it, and it may join again, that is no great loss; where its death ends them all anyway, it
/// hangs.
constexpr double silence_limit_seconds = 60;
constexpr double short_silence_limit_seconds = 8;
/// Before it joins, a rank reads the job, tables and all, and says nothing meanwhile.
constexpr double join_limit_seconds = 30;
/// How long workers may take to leave after a stop.
constexpr double longest_leave_seconds = 10;
/// Messages that are handled before the next look at everything else.
constexpr int messages_per_look = 256;

/// On rank zero both roles receive: this tells whose a message is.
bool is_for_worker(const Message& message) {
  return std::holds_alternative<JobMsg>(message) || std::holds_alternative<ChunkMsg>(message) ||
         std::holds_alternative<RecallMsg>(message) || std::holds_alternative<DrainMsg>(message) ||
         std::holds_alternative<StopMsg>(message) || std::holds_alternative<RejoinMsg>(message);
}

SchedulePolicy schedule_policy(const Job& job, std::uint64_t failed_before) {
  SchedulePolicy policy;
  policy.retries = job.source ? job.run.retries : 0;
  policy.backoff_seconds = job.run.backoff.count();
  policy.backoff_limit_seconds = job.run.backoff_limit.count();
  policy.backoff_key = random_key(job.seed, RandomPurpose::retry);
  policy.stop_on_failure = job.run.stop_on_failure;
  policy.max_failures = job.run.max_failures;
  if (job.run.max_failure_share) {
    policy.max_failures =
        static_cast<std::uint64_t>(*job.run.max_failure_share * static_cast<double>(job.size()));
  }
  policy.most_losses = std::max(2U, job.run.retries + 1);
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
    std::optional<LiveReporter> live;
    OpenRun open = this->open(live);
    const TaskRange all{0, job_.size()};
    const TaskRange selection = options_.tasks.value_or(all);
    TaskSet pending(selection);
    pending.erase(open.state.finished);

    result_.tasks = job_.size();
    if (open.file && open.file->header().adopted) result_.adopted = open.file->header().adopted->tasks;
    result_.selected = selection.size();
    observer_.on_start(selection.size(), selection.size() - pending.size());
    if (pending.empty()) {
      dismiss_workers(transport_);
      result_.finished = open.state.finished.size();
      result_.failed = open.state.failed;
      result_.left_out = open.state.left_out;
      result_.answers = partial_of(job_, open.state).finish();
    } else {
      observer_.on_tasks(pending);
      execute(std::move(open), std::move(pending), *live);
    }
    result_.tasks -= result_.left_out;
    result_.finished -= result_.left_out;
    result_.status = exit_status();
    return std::move(result_);
  }

 private:
  /// Takes the right to write the run file, and opens it. Where it cannot be written, a run that has ended
  /// still has an answer.
  OpenRun open(std::optional<LiveReporter>& live) {
    if (const auto obstacle = obstacle_to_writing(options_.run_file))
      return {nullptr, read_ended_run(job_, options_, *obstacle), {}};
    live.emplace(options_.run_file);
    if (options_.restarted) blamed_ = blamed_tasks(options_.run_file);
    OpenRun run = open_run(job_, source_, options_);
    watch_.emplace(options_.run_file);
    return run;
  }

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
    coordinator_options.lost_after_seconds =
        options_.survives_losses ? short_silence_limit_seconds : silence_limit_seconds;
    coordinator_options.join_seconds = join_limit_seconds;
    if (job_.run.print != RunPolicy::Print::nothing)
      coordinator_options.on_report = [this](const Report& report) { observer_.on_report(report); };

    reduce::Partial total = partial_of(job_, open.state);
    Schedule schedule =
        make_schedule(job_, open.durations, schedule_policy(job_, failed_before), std::move(pending));
    // The newest first: what is known of a task already stands.
    for (auto blame = blamed_.rbegin(); blame != blamed_.rend(); ++blame)
      schedule.on_blamed(blame->tasks, blame->losses);
    Journal journal(std::move(open.file), std::move(open.state), merge_partials_of(job_),
                    [this] { wakeup_.notify(); });
    Coordinator coordinator(job_, transport_, std::move(schedule), journal, std::move(total),
                            coordinator_options);
    Worker worker(transport_, options_.choose_threads, [this] { wakeup_.notify(); });

    coordinator.send_job(source_);
    if (options_.rank_zero_works) worker.join(job_);
    loop(coordinator, worker, journal, live);

    const Snapshot last = coordinator.snapshot();
    tell_slots_found(last);
    const reduce::Partial& reduced = coordinator.total();
    journal.close();
    watch_->check();
    observer_.on_end(last);
    result_.finished = finished_before + coordinator.schedule().finished();
    result_.failed = failed_before + coordinator.schedule().failed();
    result_.left_out = left_out_before + coordinator.left_out();
    result_.executed = coordinator.schedule().finished() - coordinator.left_out();
    result_.skipped = coordinator.skipped();
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
    result_.missing_ranks = coordinator.missing_ranks();
    if (unfinished_ && !stopped_by_failures_ && result_.stopped_by.empty()) {
      result_.nobody_left = true;
      result_.stopped_by = "no rank is left to run tasks";
    }
  }

  /// How many I/O threads were found to do best, if that is another number than there were at first.
  static void tell_slots_found(const Snapshot& snapshot) {
    std::uint32_t least = std::numeric_limits<std::uint32_t>::max();
    std::uint32_t most = 0;
    bool found = false;
    for (const RankStatus& rank : snapshot.ranks) {
      found |= rank.slots != rank.first_slots;
      least = std::min(least, rank.slots);
      most = std::max(most, rank.slots);
    }
    if (!found) return;
    spdlog::info("{} I/O threads did best{}",
                 least == most ? fmt::format("{}", most) : fmt::format("{} to {}", least, most),
                 snapshot.ranks.size() == 1 ? "" : " on each rank");
  }

  void loop(Coordinator& coordinator, Worker& worker, Journal& journal, LiveReporter& live) {
    TimeLimit limit(job_.run, options_.began);
    // Alone, everything that happens wakes us; with others, their messages have to be looked for.
    Pacer pacer = transport_.size() == 1 ? Pacer::for_woken(milliseconds(50)) : Pacer(milliseconds(4));
    double next_progress = 0;
    std::optional<double> stopped_at;
    while (true) {
      bool busy = receive(coordinator, worker);
      busy |= worker.step();
      if (const auto error = journal.error()) throw RunError(*error);
      const double now = clock_.now();
      if (!stopped_at) {
        busy |= coordinator.step();
        heed(limit.at(now), now, coordinator);
        if (coordinator.ended() || abandoned_) {
          coordinator.stop(abandoned_);
          stopped_at = now;
        }
      } else {
        coordinator.find_lost_ranks();
        if (coordinator.all_left() || now - *stopped_at > longest_leave_seconds) return;
      }
      if (now >= next_progress) {
        next_progress = now + progress_seconds;
        watch_->check();
        launcher_is_gone_ = options_.launcher_is_gone && options_.launcher_is_gone();
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
  void heed(const std::optional<Deadlines>& deadlines, double now, Coordinator& coordinator) {
    const int signals = options_.interrupts == nullptr ? 0 : options_.interrupts->count();
    const bool time_is_up = deadlines && now >= deadlines->drain(coordinator.task_seconds());
    if (launcher_is_gone_ && result_.stopped_by.empty()) result_.stopped_by = "the end of its launcher";
    if (result_.stopped_by.empty() && (signals > 0 || time_is_up)) {
      result_.stopped_by = signals > 0 ? options_.interrupts->name() : "the walltime";
      spdlog::warn("stopped by {}: running tasks may end{}", result_.stopped_by,
                   signals > 0 ? "; once more to end them now" : "");
      coordinator.drain(result_.stopped_by);
    }
    if (signals > 0 && !term_at_ && options_.interrupts->name() == std::string_view("SIGTERM"))
      term_at_ = now;
    const bool grace_is_over = term_at_ && now >= *term_at_ + options_.term_grace.count();
    abandoned_ =
        signals > 1 || launcher_is_gone_ || grace_is_over || (deadlines && now >= deadlines->abandon());
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
  std::optional<RunFileWatch> watch_;    // none while the file is not ours to write
  std::vector<Schedule::Blame> blamed_;  // of executions before a restart
  std::optional<double> term_at_;        // when SIGTERM was noticed
  bool launcher_is_gone_ = false;
  bool abandoned_ = false;
  bool stopped_by_failures_ = false;
  bool unfinished_ = false;
};

}  // namespace

RunResult run_coordinator(Transport& transport, const Job& job, const JobSource& source,
                          const RunOptions& options, RunObserver& observer) {
  return Execution(transport, job, source, options, observer).run();
}

namespace {

/// Notices that mpirun ends the ranks of a rank zero that is dead: it sends SIGTERM, and a second later
/// SIGKILL.
class OrphanWatch {
 public:
  explicit OrphanWatch(const WorkerOptions& options) : options_(options) {}

  void look(Worker& worker) {
    if (options_.interrupts == nullptr || options_.interrupts->count() == 0) return;
    worker.expect_end();
    const double now = clock_.now();
    if (!signal_at_) signal_at_ = now;
    // A rank zero that lives has had the signal, too, and said so.
    const double waited = now - *signal_at_;
    if (told_ || waited < patience_seconds || worker.silence() < waited) return;
    told_ = true;
    if (options_.on_orphaned) options_.on_orphaned();
  }

 private:
  static constexpr double patience_seconds = 0.4;
  const WorkerOptions& options_;
  RunClock clock_;
  std::optional<double> signal_at_;
  bool told_ = false;
};

}  // namespace

bool run_worker(Transport& transport, const WorkerOptions& options) {
  Wakeup wakeup;
  Worker worker(
      transport, options.choose_threads, [&wakeup] { wakeup.notify(); }, options.obstacle);
  OrphanWatch watch(options);
  worker.say_present();
  Pacer pacer(milliseconds(4));
  bool has_job = false;
  while (!worker.stopped() || !transport.flushed()) {
    bool busy = false;
    while (std::optional<Envelope> envelope = transport.receive()) {
      worker.on_message(decode_message(envelope->bytes));
      has_job = busy = true;
    }
    busy |= worker.step();
    watch.look(worker);
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
  return worker.survivors_only();
}

void dismiss_workers(Transport& transport) {
  for (int rank = 1; rank < transport.size(); ++rank)
    transport.send(Rank(rank), encode(Message(StopMsg{true, false})));
  const RunClock clock;
  Wakeup nobody;
  while (!transport.flushed() && clock.now() < 2) {
    while (transport.receive()) {
    }
    nobody.wait_for(milliseconds(1));
  }
}

}  // namespace fanfold
