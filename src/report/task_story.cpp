#include "report/task_story.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "core/captured_text.hpp"
#include "journal/event_tasks.hpp"
#include "report/error_lines.hpp"
#include "report/quantity.hpp"

namespace fanfold {
namespace {

constexpr std::size_t most_story_lines = 10;  // of what an attempt wrote to standard error

/// Something that happened.
struct Entry {
  std::uint32_t execution = 0;
  double time = 0;
  std::string text;
};

/// Short times to the millisecond.
std::string elapsed_text(double seconds) {
  return seconds < 10 ? fmt::format("{:.3f} s", seconds) : duration_text(seconds);
}

/// Follows one task through the event log. An attempt that ended stands before the event that says so: the
/// clocks of ranks are set when they join, and may be off by some milliseconds.
class Trail {
 public:
  /// `attempts`: all that are recorded of the task.
  Trail(const Job& job, TaskIndex task, std::vector<AttemptRecord> attempts)
      : job_(job), task_(task), attempts_(std::move(attempts)) {}

  void on_event(std::uint32_t execution, const Event& event) {
    if (execution != execution_) begin(execution);
    switch (event.kind) {
      case Event::Kind::rank_joined:
        hosts_[event.rank] = event.detail;
        break;
      case Event::Kind::chunk_sent:
        on_sent(event);
        break;
      case Event::Kind::chunk_done:
        on_done(event);
        break;
      case Event::Kind::returned:
        if (holds(event) && concerns(event, task_).value_or(false)) {
          add(event, fmt::format("returned by {}, which had not started it, for another rank",
                                 rank_text(event.rank)));
          holder_.reset();
        }
        break;
      case Event::Kind::retried:
        if (event.task == task_) {
          add_attempt(event.count);
          add(event, fmt::format("attempt {} is to be repeated", event.count));
          holder_.reset();
        }
        break;
      case Event::Kind::rank_lost:
        if (holder_ && holder_->rank == event.rank) {
          add(event, fmt::format("{} was lost, and the task is given to another", rank_text(event.rank)));
          holder_.reset();
        }
        break;
      case Event::Kind::run_ended:
        if (holder_) add(event, "the execution ended before the task did");
        holder_.reset();
        break;
      case Event::Kind::blamed:
      case Event::Kind::run_started:
      case Event::Kind::drain:
        break;
    }
  }

  /// After the last event.
  std::vector<Entry> take() {
    end_execution();
    return std::move(entries_);
  }
  /// Chunks of which too few tasks are recorded to know whether this task was among them.
  std::uint64_t doubtful_chunks() const { return doubtful_chunks_; }

 private:
  struct Holder {
    ChunkId chunk;
    Rank rank;
  };

  void begin(std::uint32_t execution) {
    end_execution();
    execution_ = execution;
    holder_.reset();
    measured_ = false;
    hosts_.clear();
  }

  /// Attempts that no event told of: of a chunk whose tasks are not all recorded.
  void end_execution() {
    const auto is_left = [this](const AttemptRecord& each) { return each.execution == execution_; };
    while (std::any_of(attempts_.begin(), attempts_.end(), is_left)) add_attempt(std::nullopt);
  }

  void on_sent(const Event& event) {
    const std::optional<bool> is_in = concerns(event, task_);
    if (!is_in) ++doubtful_chunks_;
    if (!is_in.value_or(false)) return;
    holder_ = Holder{event.chunk, event.rank};
    add(event, fmt::format("sent to {} in chunk {} {}: {}", rank_text(event.rank), event.chunk.value(),
                           event.count == 1 ? "alone" : "with " + count_of(event.count - 1, "other"),
                           reason_of_size()));
  }

  void on_done(const Event& event) {
    measured_ = true;
    if (!holds(event) || !concerns(event, task_).value_or(false)) return;
    add_attempt(std::nullopt);
    add(event, fmt::format("reported by {}{}", rank_text(event.rank),
                           event.count == 1 ? "" : " with " + count_of(event.count - 1, "other")));
    holder_.reset();
  }

  /// The attempt of this number, or what is left of this execution: nothing if a later execution has replaced
  /// it.
  void add_attempt(std::optional<std::uint64_t> number) {
    const auto record = std::find_if(attempts_.begin(), attempts_.end(), [&](const AttemptRecord& each) {
      return each.execution == execution_ && (!number || each.outcome.attempt.value() == *number);
    });
    if (record == attempts_.end()) return;
    const Outcome& outcome = record->outcome;
    entries_.push_back({execution_, outcome.start,
                        fmt::format("attempt {} began on rank {}, slot {}", outcome.attempt.value(),
                                    outcome.rank.value(), outcome.slot)});
    entries_.push_back({execution_, outcome.start + outcome.duration, end_text(outcome)});
    attempts_.erase(record);
  }

  std::string end_text(const Outcome& outcome) const {
    if (was_skipped(job_, outcome))
      return fmt::format("attempt {} was skipped: its file was there", outcome.attempt.value());
    std::string text =
        fmt::format("attempt {} ended after {}: {}", outcome.attempt.value(), elapsed_text(outcome.duration),
                    outcome.error.empty() ? std::string(name_of(outcome.status)) : outcome.error);
    const std::uint64_t written = size_before(outcome.output, job_.run.output_limit);
    if (written > 0) text += fmt::format("; standard output: {}", count_of(written, "byte"));
    std::string errors = last_lines(outcome.errors, most_story_lines, "             | ");
    if (errors.empty()) return text;
    errors.pop_back();  // the line ends with the entry
    return text + "\n" + errors;
  }

  std::string reason_of_size() const {
    if (job_.run.chunk) return fmt::format("chunk = {}", *job_.run.chunk);
    return measured_ ? "as many as their measured cost suggests" : "nothing was measured yet";
  }

  bool holds(const Event& event) const { return holder_ && holder_->chunk == event.chunk; }

  std::string rank_text(Rank rank) const {
    const auto host = hosts_.find(rank);
    return fmt::format("rank {}{}", rank.value(), host == hosts_.end() ? "" : " on " + host->second);
  }

  void add(const Event& event, std::string text) {
    entries_.push_back({execution_, event.time, std::move(text)});
  }

  const Job& job_;
  TaskIndex task_;
  std::vector<AttemptRecord> attempts_;  // that were not met yet
  std::uint32_t execution_ = 0;
  std::optional<Holder> holder_;
  std::uint64_t doubtful_chunks_ = 0;
  bool measured_ = false;  // a chunk of this execution has been reported
  std::map<Rank, std::string> hosts_;
  std::vector<Entry> entries_;
};

std::string execution_text(const std::vector<ExecutionRecord>& executions, std::uint32_t number,
                           const RunHeader& header) {
  if (number == 0 && header.adopted) return fmt::format("adopted from {}:\n", header.adopted->file);
  for (const ExecutionRecord& execution : executions) {
    if (execution.number == number)
      return fmt::format("execution {}: {} on {}, {}\n", number, execution.started, execution.host,
                         count_of(execution.ranks, "rank"));
  }
  return fmt::format("execution {}:\n", number);
}

}  // namespace

std::string task_story(const Job& job, const RunFileReader& file, TaskIndex task) {
  std::vector<ExecutionRecord> executions;
  std::vector<Entry> entries;
  std::uint64_t doubtful_chunks = 0;
  file.at_one_state([&] {
    executions = file.executions();
    Trail trail(job, task, file.attempts(task));
    file.for_each_event(
        [&trail](std::uint32_t number, const Event& event) { trail.on_event(number, event); });
    entries = trail.take();
    doubtful_chunks = trail.doubtful_chunks();
  });
  std::string text;
  if (entries.empty()) text = "nothing is recorded of it being handed out\n";
  if (const auto& adopted = file.header().adopted; entries.empty() && adopted)
    text += fmt::format("{} adopted from {}\n",
                        adopted->tasks == 1 ? "1 task was" : count_of(adopted->tasks, "task") + " were",
                        adopted->file);
  std::optional<std::uint32_t> execution;
  for (const Entry& entry : entries) {
    if (entry.execution != execution) text += execution_text(executions, entry.execution, file.header());
    execution = entry.execution;
    text += fmt::format("  {:7.3f} s  {}\n", entry.time, entry.text);
  }
  if (doubtful_chunks > 0)
    text += fmt::format("it may also have been in {}, of which not all tasks are recorded\n",
                        count_of(doubtful_chunks, "chunk"));
  return text;
}

}  // namespace fanfold
