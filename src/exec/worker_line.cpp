#include "exec/worker_line.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <system_error>
#include <utility>

#include "exec/program_source.hpp"
#include "exec/spawn.hpp"

namespace fanfold {
namespace {

/// How much work may wait in a line: what is in it cannot go to anybody else.
constexpr double line_seconds = 0.005;
/// Their requests fit into a pipe.
constexpr double most_tasks = 512;
/// Long requests count as if they were more.
constexpr std::size_t most_unwritten_bytes = 256 << 10;

/// Answers of a long line are fetched some at a time: every wake-up costs the worker more than the answer.
constexpr std::size_t long_line = 16;
constexpr double longest_pause_seconds = 0.001;

/// A new worker has so much time more to read its first task: imports take long.
constexpr std::chrono::seconds start_up_grace{60};
constexpr std::chrono::milliseconds start_up_look{20};

/// A program that cannot be started is tried again after this time: until then, tasks fail for the same
/// reason.
constexpr std::chrono::seconds start_rest{1};

/// A longer answer is none.
constexpr std::size_t most_answer_bytes = 64 << 20;

std::chrono::nanoseconds nanoseconds_of(double seconds) {
  return std::chrono::nanoseconds(static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace

WorkerLine::WorkerLine(const Job& job, Options options, ChildGroups& groups,
                       const std::atomic<bool>& interrupted)
    : job_(job), options_(std::move(options)), groups_(groups), interrupted_(interrupted) {}

WorkerLine::~WorkerLine() {
  if (process_ && !interrupted_) process_->end();
}

std::size_t WorkerLine::room() const {
  const std::size_t most = depth();
  if (line_.size() >= most) return 0;
  if (!line_.empty() && process_ && process_->unwritten() > most_unwritten_bytes) return 0;
  return most - line_.size();
}

std::size_t WorkerLine::depth() const {
  if (!seconds_per_task_) return 1;
  return static_cast<std::size_t>(std::clamp(line_seconds / *seconds_per_task_, 1.0, most_tasks));
}

void WorkerLine::begin(std::size_t ticket, const Retrieval& retrieval) {
  timeout_ = retrieval.timeout;
  line_.push_back({ticket, retrieval.context.task, worker_request(job_, retrieval.context)});
  if (line_.size() == 1) {
    head_since_ = Clock::now();
    if (process_) process_->forget_errors();  // of tasks before it
    has_surplus_ = process_ && process_->has_more_output();
  }
  if (process_ && !has_surplus_) send(line_.back());
}

void WorkerLine::send(Waiting& task) {
  task.begin_of_request = sent_;
  process_->send(task.request);
  sent_ += task.request.size();
}

void WorkerLine::wait(std::chrono::nanoseconds longest, std::vector<EndedRetrieval>& ended) {
  if (interrupted_) {
    while (!line_.empty()) fail_head("interrupted", Status::failed, ended);
    return;
  }
  if (has_surplus_) {
    has_surplus_ = false;
    fail_head(answered_again(), Status::failed, ended);
    return process_.reset();
  }
  if (!process_) {
    if (std::string why = start_process(); !why.empty())
      return fail_head(std::move(why), Status::failed, ended);
  }
  process_->exchange(until_deadline(longest), pause());
  note_start_up();
  take_answers(ended);
  if (!process_ || line_.empty()) return;
  if (process_->is_over()) {
    replace(ended);
  } else if (is_late()) {
    process_->terminate();
    fail_head(fmt::format("timed out after {} s", timeout_->count()), Status::timed_out, ended);
    process_.reset();
  }
}

/// Why there is no process; empty if there is one.
std::string WorkerLine::start_process() {
  if (Clock::now() < next_start_) return cannot_start_;
  try {
    process_.emplace(options_.program, groups_);
  } catch (const SpawnError& error) {
    cannot_start_ = error.what();
  } catch (const std::system_error& error) {
    cannot_start_ =
        fmt::format("cannot start '{}': {}", options_.program.arguments.front(), error.code().message());
  }
  if (!process_) {
    next_start_ = Clock::now() + start_rest;
    return cannot_start_;
  }
  sent_ = 0;
  answers_ = 0;
  answered_.reset();
  has_started_up_ = false;
  started_ = looked_ = head_since_ = Clock::now();
  for (Waiting& task : line_) send(task);
  return {};
}

std::chrono::nanoseconds WorkerLine::pause() const {
  if (line_.size() < long_line || !seconds_per_task_) return std::chrono::nanoseconds::zero();
  const double quarter = *seconds_per_task_ * static_cast<double>(line_.size()) / 4;
  return nanoseconds_of(std::min(quarter, longest_pause_seconds));
}

std::chrono::nanoseconds WorkerLine::until_deadline(std::chrono::nanoseconds longest) const {
  if (!has_started_up_) return std::min<std::chrono::nanoseconds>(longest, start_up_look);
  if (!timeout_) return longest;
  const std::chrono::duration<double> left = *timeout_ - (Clock::now() - head_since_);
  return std::min(longest, nanoseconds_of(std::clamp(left.count() + 1e-3, 0.0, 3600.0)));
}

/// The time of a new worker's first task begins when the worker reads it.
void WorkerLine::note_start_up() {
  if (has_started_up_) return;
  const Clock::time_point before = std::exchange(looked_, Clock::now());
  if (process_->bytes_taken() == 0) return;
  has_started_up_ = true;
  head_since_ = before;
}

bool WorkerLine::is_late() const {
  if (!timeout_) return false;
  const Clock::time_point now = Clock::now();
  if (has_started_up_) return now - head_since_ >= *timeout_;
  return now - started_ >= *timeout_ + start_up_grace;
}

void WorkerLine::take_answers(std::vector<EndedRetrieval>& ended) {
  const std::size_t first = ended.size();
  const Clock::time_point now = Clock::now();
  while (!line_.empty()) {
    const std::optional<std::string_view> line = process_->next_line();
    if (!line) break;
    std::optional<WorkerAnswer> answer = worker_answer(*line);
    if (const std::string fault = fault_of(answer, *line); !fault.empty()) {
      fail_head(fault, Status::failed, ended);
      process_.reset();
      break;
    }
    answered_ = line_.front().task;
    end_head(retrieved(std::move(*answer)), ended);
  }
  if (process_ && line_.empty() && process_->has_more_output()) fail_answered(ended.back());
  measure(std::span(ended).subspan(first), now);
  if (process_ && process_->begun_line() > most_answer_bytes) {
    fail_head(fmt::format("the worker's answer is longer than {} MiB", most_answer_bytes >> 20),
              Status::failed, ended);
    process_.reset();
  }
}

/// Why a line is no answer to the task at the head; empty if it is one.
std::string WorkerLine::fault_of(const std::optional<WorkerAnswer>& answer, std::string_view line) const {
  if (!answer)
    return fmt::format("the worker's answer is no JSON object with 'values' or 'error': '{}'", excerpt(line));
  if (answer->index.empty()) return {};
  const std::string asked = std::to_string(line_.front().task.value());
  if (answer->index == asked) return {};
  if (answered_ && answer->index == std::to_string(answered_->value())) return answered_again();
  return fmt::format("the worker's answer is for task {}, but it was asked for task {}",
                     excerpt(answer->index), asked);
}

std::string WorkerLine::answered_again() const {
  return fmt::format("the worker answered more than once for task {}", answered_->value());
}

/// It has said more than one thing of the last task: which of them is right, nobody knows.
void WorkerLine::fail_answered(EndedRetrieval& last) {
  last.retrieved = {};
  last.retrieved.status = Status::failed;
  last.retrieved.error = answered_again();
  last.retrieved.errors = process_->take_errors();
  process_.reset();
}

/// Answers that come together shared the time since those before.
void WorkerLine::measure(std::span<EndedRetrieval> answered, Clock::time_point now) {
  if (answered.empty()) return;
  const Clock::duration each = (now - head_since_) / static_cast<std::int64_t>(answered.size());
  for (EndedRetrieval& task : answered) {
    task.begin = head_since_;
    task.end = head_since_ += each;
  }
  head_since_ = now;
  const bool has_start_up = answers_ == 0;
  answers_ += answered.size();
  if (has_start_up) return;
  const double seconds = std::max(std::chrono::duration<double>(each).count(), 1e-7);
  seconds_per_task_ = seconds_per_task_ ? 0.75 * *seconds_per_task_ + 0.25 * seconds : seconds;
}

/// The process is over, and has not answered all.
void WorkerLine::replace(std::vector<EndedRetrieval>& ended) {
  const std::string why = process_->why_over();
  // One that ends between two tasks, as some do after so many of them, does no task any harm.
  const bool was_at_work = answers_ == 0 || process_->bytes_taken() > line_.front().begin_of_request;
  if (was_at_work) {
    Retrieved failed;
    failed.status = Status::failed;
    failed.error = "the worker did not answer: " + why;
    failed.exit_code = process_->exit_code();
    failed.signal = process_->signal();
    failed.errors = process_->take_errors();
    end_head(std::move(failed), ended);
  }
  process_.reset();
}

Retrieved WorkerLine::retrieved(WorkerAnswer answer) {
  Retrieved retrieved;
  if (answer.error || (options_.needs_number && !answer.number)) {
    retrieved.status = Status::failed;
    retrieved.error =
        answer.error ? *answer.error
                     : fmt::format("the worker's values are not one number: '{}'", excerpt(answer.values));
    retrieved.errors = process_->take_errors();
    return retrieved;
  }
  retrieved.results = {answer.number.value_or(std::numeric_limits<double>::quiet_NaN())};
  if (!answer.number || options_.keeps_numbers) retrieved.output = std::move(answer.values);
  return retrieved;
}

void WorkerLine::fail_head(std::string error, Status status, std::vector<EndedRetrieval>& ended) {
  Retrieved failed;
  failed.status = status;
  failed.error = std::move(error);
  if (process_) failed.errors = process_->take_errors();
  end_head(std::move(failed), ended);
}

void WorkerLine::end_head(Retrieved retrieved, std::vector<EndedRetrieval>& ended) {
  EndedRetrieval head;
  head.ticket = line_.front().ticket;
  head.retrieved = std::move(retrieved);
  head.begin = head_since_;
  head.end = Clock::now();
  ended.push_back(std::move(head));
  line_.pop_front();
}

}  // namespace fanfold
