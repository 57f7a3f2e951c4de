// The tasks that one worker has been given and has not answered.
#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <span>
#include <string>

#include "exec/source.hpp"
#include "exec/worker_messages.hpp"
#include "exec/worker_process.hpp"

namespace fanfold {

/// A session of the source `worker`: one process, which is replaced when it ends or is of no use any more,
/// and a line of tasks in front of it. Several wait there if they are short, so that the way to the worker
/// and back bounds their rate no more.
///
/// Whatever happens to the process is charged to the task at the head of the line, the only one that it can
/// have been working on; the others are sent again to its replacement. So is an answer that nobody has asked
/// for: it must not pass for that of the next task. It is seen by its index, if it has one, or because it is
/// there before the next task is sent.
class WorkerLine final : public SourceSession {
 public:
  struct Options {
    ChildProgram program;
    bool needs_number = false;   ///< something uses `value`: values that are no number are a failure
    bool keeps_numbers = false;  ///< something reads the output, even if it is a number
  };
  /// All that is referred to must outlive the line.
  WorkerLine(const Job& job, Options options, ChildGroups& groups, const std::atomic<bool>& interrupted);
  ~WorkerLine() override;

  std::size_t room() const override;
  void begin(std::size_t ticket, const Retrieval& retrieval) override;
  void wait(std::chrono::nanoseconds longest, std::vector<EndedRetrieval>& ended) override;

 private:
  using Clock = std::chrono::steady_clock;
  struct Waiting {
    std::size_t ticket;
    TaskIndex task;
    std::string request;
    std::uint64_t begin_of_request = 0;  // bytes that were sent to the process before it
  };

  std::string start_process();
  void send(Waiting& task);
  std::size_t depth() const;
  std::chrono::nanoseconds pause() const;
  std::chrono::nanoseconds until_deadline(std::chrono::nanoseconds longest) const;
  void note_start_up();
  void take_answers(std::vector<EndedRetrieval>& ended);
  std::string fault_of(const std::optional<WorkerAnswer>& answer, std::string_view line) const;
  std::string answered_again() const;
  void fail_answered(EndedRetrieval& last);
  void measure(std::span<EndedRetrieval> answered, Clock::time_point now);
  bool is_late() const;
  void replace(std::vector<EndedRetrieval>& ended);
  Retrieved retrieved(WorkerAnswer answer);
  void fail_head(std::string error, Status status, std::vector<EndedRetrieval>& ended);
  void end_head(Retrieved retrieved, std::vector<EndedRetrieval>& ended);

  const Job& job_;
  const Options options_;
  ChildGroups& groups_;
  const std::atomic<bool>& interrupted_;
  std::optional<std::chrono::duration<double>> timeout_;

  std::deque<Waiting> line_;
  std::optional<WorkerProcess> process_;
  std::uint64_t sent_ = 0;             // bytes sent to the process
  std::uint64_t answers_ = 0;          // of the process
  std::optional<TaskIndex> answered_;  // the last task that the process has answered
  bool has_surplus_ = false;      // the process has said more than the answers to all tasks that it was sent
  bool has_started_up_ = false;   // it has read something
  std::string cannot_start_;      // why the process could not be started the last time, and …
  Clock::time_point next_start_;  // … when to try it again
  Clock::time_point started_;     // the process
  Clock::time_point looked_;      // whether it has read something
  Clock::time_point head_since_;  // when the head of the line became that
  std::optional<double> seconds_per_task_;
};

}  // namespace fanfold
