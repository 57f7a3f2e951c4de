#include "journal/journal.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <iterator>
#include <thread>
#include <utility>
#include <vector>

#include "core/annotated_mutex.hpp"

namespace fanfold {
namespace {

constexpr std::chrono::milliseconds commit_interval{100};

// Partials of commits wait for one merge while they are smaller than what they are merged into, or than this:
// the state of a large answer is not unpacked and packed anew ten times a second.
constexpr std::size_t few_partial_bytes = 64 * 1024;

std::uint64_t bytes_of(const std::vector<Event>& events) {
  std::uint64_t bytes = events.size() * sizeof(Event);
  for (const Event& event : events) bytes += event.detail.size();
  return bytes;
}

std::uint64_t bytes_of(const Outcome& outcome) {
  std::uint64_t bytes = sizeof(Outcome) + outcome.error.size() + outcome.output.size() +
                        outcome.errors.size() + outcome.values.size() * sizeof(Value);
  for (const Value& value : outcome.values) {
    if (const auto* text = std::get_if<std::string>(&value)) bytes += text->size();
  }
  return bytes;
}

// Of memory, about.
std::uint64_t bytes_of(const JournalEntry& entry) {
  constexpr std::uint64_t range_bytes = 64;  // a node of the set's tree, as malloc rounds it
  std::uint64_t bytes =
      entry.finished.range_count() * range_bytes + entry.partial.size() + bytes_of(entry.events);
  for (const FailedTasks& failed : entry.failures)
    bytes += sizeof failed + failed.reason.size() + failed.tasks.size();
  for (const Outcome& outcome : entry.outcomes) bytes += bytes_of(outcome);
  for (const KeptColumns& columns : entry.columns) bytes += sizeof columns + columns.data.size();
  return bytes;
}

template <typename T>
void move_to_end(std::vector<T>& to, std::vector<T>&& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
}

// Entries that wait for the next commit, as one. Their partials are merged by the journal's thread.
struct PendingCommit {
  JournalEntry entry;  // without its partial
  std::vector<Bytes> partials;
  std::uint64_t bytes = 0;
  bool empty = true;

  void add(JournalEntry more, std::uint64_t more_bytes) {
    entry.finished.insert(more.finished);
    entry.failed += more.failed;
    entry.left_out += more.left_out;
    if (!more.partial.empty()) partials.push_back(std::move(more.partial));
    move_to_end(entry.failures, std::move(more.failures));
    move_to_end(entry.outcomes, std::move(more.outcomes));
    move_to_end(entry.columns, std::move(more.columns));
    move_to_end(entry.events, std::move(more.events));
    entry.seconds = more.seconds;
    bytes += more_bytes;
    empty = false;
  }
};

}  // namespace

struct Journal::State {
  // ---- the journal's thread only
  // -----------------------------------------------------------------------------------
  std::unique_ptr<RunFileWriter> file;
  RunState run;                 // what was committed, without…
  std::vector<Bytes> unmerged;  // … these partials
  std::size_t unmerged_bytes = 0;
  RunFileWriter::MergePartials merge;
  std::function<void()> on_commit;

  // ---- shared
  // ------------------------------------------------------------------------------------------------------
  std::atomic<std::uint64_t> committed_tasks{0};
  std::atomic<std::uint64_t> queued_bytes{0};
  Mutex mutex;
  ConditionVariable changed;
  PendingCommit waiting FANFOLD_GUARDED_BY(mutex);
  bool closing FANFOLD_GUARDED_BY(mutex) = false;
  bool idle FANFOLD_GUARDED_BY(mutex) = false;  // the thread waits for a first entry
  std::optional<std::string> error FANFOLD_GUARDED_BY(mutex);

  std::thread thread;

  void run_thread();
  std::optional<PendingCommit> next_commit(std::chrono::steady_clock::time_point earliest)
      FANFOLD_EXCLUDES(mutex);
  void commit(PendingCommit pending);
  Bytes merged(std::vector<Bytes> partials) const;
  void merge_into_run(JournalEntry& entry);
  void merge_partials();
  void fail(const std::string& message) FANFOLD_EXCLUDES(mutex);
  void end() FANFOLD_EXCLUDES(mutex);
};

Journal::Journal(std::unique_ptr<RunFileWriter> file, RunState state, RunFileWriter::MergePartials merge,
                 std::function<void()> on_commit)
    : state_(std::make_unique<State>()) {
  state_->file = std::move(file);
  state_->run = std::move(state);
  state_->merge = std::move(merge);
  state_->on_commit = std::move(on_commit);
  state_->thread = std::thread([shared = state_.get()] { shared->run_thread(); });
}

Journal::~Journal() { state_->end(); }

void Journal::append(JournalEntry entry) {
  State& state = *state_;
  const std::uint64_t bytes = bytes_of(entry);
  const MutexLock lock(state.mutex);
  if (state.error) return;  // whoever asks for error() learns of it
  state.queued_bytes.fetch_add(bytes, std::memory_order_relaxed);
  state.waiting.add(std::move(entry), bytes);
  if (!state.idle) return;
  state.idle = false;
  state.changed.notify_one();
}

std::uint64_t Journal::committed_tasks() const {
  return state_->committed_tasks.load(std::memory_order_acquire);
}

std::uint64_t Journal::queued_bytes() const { return state_->queued_bytes.load(std::memory_order_relaxed); }

std::optional<std::string> Journal::error() const {
  const MutexLock lock(state_->mutex);
  return state_->error;
}

void Journal::close() {
  state_->end();
  const std::optional<std::string> message = error();
  if (message) throw RunError(*message);
}

void Journal::State::end() {
  {
    const MutexLock lock(mutex);
    closing = true;
    changed.notify_one();
  }
  if (thread.joinable()) thread.join();
}

void Journal::State::run_thread() {
  try {
    auto earliest = std::chrono::steady_clock::now();
    while (std::optional<PendingCommit> pending = next_commit(earliest)) {
      earliest = std::chrono::steady_clock::now() + commit_interval;
      commit(std::move(*pending));
    }
    merge_partials();
    file->checkpoint(run);
  } catch (const std::exception& failure) {
    fail(failure.what());
  }
  file.reset();
}

// Waits for an entry, then until `earliest` for more. None when the journal is closed and nothing is left.
std::optional<PendingCommit> Journal::State::next_commit(std::chrono::steady_clock::time_point earliest) {
  const MutexLock lock(mutex);
  while (waiting.empty && !closing) {
    idle = true;
    changed.wait(mutex);
  }
  idle = false;
  while (!closing && changed.wait_until(mutex, earliest)) {
  }
  if (waiting.empty) return std::nullopt;
  return std::exchange(waiting, PendingCommit());
}

void Journal::State::commit(PendingCommit pending) {
  pending.entry.partial = merged(std::move(pending.partials));
  file->commit(pending.entry);
  merge_into_run(pending.entry);
  committed_tasks.fetch_add(pending.entry.finished.size(), std::memory_order_release);
  queued_bytes.fetch_sub(pending.bytes, std::memory_order_relaxed);
  if (file->wants_checkpoint()) {
    merge_partials();
    file->checkpoint(run);
  }
  on_commit();
}

Bytes Journal::State::merged(std::vector<Bytes> partials) const {
  if (partials.empty()) return {};
  if (partials.size() == 1) return std::move(partials.front());
  return merge(partials);
}

void Journal::State::merge_into_run(JournalEntry& entry) {
  run.finished.insert(entry.finished);
  run.failed += entry.failed;
  run.left_out += entry.left_out;
  if (entry.partial.empty()) return;
  unmerged_bytes += entry.partial.size();
  unmerged.push_back(std::move(entry.partial));
  if (unmerged_bytes > std::max(few_partial_bytes, run.partial.size())) merge_partials();
}

void Journal::State::merge_partials() {
  if (!run.partial.empty()) unmerged.push_back(std::move(run.partial));
  run.partial = merged(std::exchange(unmerged, {}));
  unmerged_bytes = 0;
}

void Journal::State::fail(const std::string& message) {
  {
    const MutexLock lock(mutex);
    error = message;
    waiting = PendingCommit();
    queued_bytes.store(0, std::memory_order_relaxed);
  }
  on_commit();  // wakes the main thread, which asks for the error
}

}  // namespace fanfold
