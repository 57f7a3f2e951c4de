// The journal: a thread of its own that commits to the run file, so that a slow disk delays acknowledgements
// only.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "journal/run_file.hpp"

namespace fanfold {

/// Commits entries in the order in which they came, at most ten times a second. The main thread calls its
/// functions.
class Journal {
 public:
  /// Takes over the file. `merge` as in RunFileWriter::load, called on the journal's thread. `on_commit` is
  /// called on the journal's thread after each commit: it must be quick and thread-safe (it wakes the main
  /// thread).
  Journal(std::unique_ptr<RunFileWriter> file, RunState state, RunFileWriter::MergePartials merge,
          std::function<void()> on_commit);
  /// Commits what is queued, then ends the thread. Errors are lost here: call close first.
  ~Journal();

  /// Queues an entry; entries that wait are merged into one commit. Never blocks on the disk.
  void append(JournalEntry entry);

  /// How many finished tasks are durable, of those that were appended.
  std::uint64_t committed_tasks() const;
  /// Bytes that wait to be committed: the coordinator stops handing out chunks while it is over a limit.
  std::uint64_t queued_bytes() const;
  /// What went wrong on the disk, once; then nothing more is committed.
  std::optional<std::string> error() const;

  /// Commits what is queued, writes a last checkpoint, closes the file. Throws RunError with what went wrong.
  void close();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace fanfold
