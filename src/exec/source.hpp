// A source: where a task's input comes from. I/O-style work: it runs on a thread of the I/O pool, which may
// wait.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/status.hpp"
#include "exec/demand.hpp"
#include "job/job.hpp"
#include "job/source_info.hpp"
#include "job/template.hpp"

namespace fanfold {

/// One attempt of one task, as a source sees it. What it refers to lasts as long as the call that it is
/// passed to.
struct Retrieval {
  const TemplateContext& context;
  std::span<const double>
      numbers;  ///< of each number of the spec's arguments, in their order: evaluated for the task
  std::optional<std::chrono::duration<double>> timeout;
  TaskShare share = {};
  std::uint32_t ranks = 1;  ///< of the run: what limits them together is shared out
};

/// What a source retrieved, or why it did not.
struct Retrieved {
  Status status = Status::succeeded;
  std::string error;            ///< one line, if it failed
  std::int32_t exit_code = -1;  ///< −1 if there was none or a signal ended it
  std::int32_t signal = 0;
  std::vector<Value> results;  ///< in the order of SourceInfo::results; empty if it failed
  std::string output;          ///< the bytes: standard output, contents of a file
  std::string errors;          ///< standard error, its tail
  bool is_final = false;       ///< it failed, and would fail again: the task is not retried
  /// How long the task must rest before its next attempt, as whoever it asked said (Retry-After): the
  /// schedule waits at least so long.
  std::chrono::duration<double> retry_after{0};
};

/// A retrieval of a session that has ended.
struct EndedRetrieval {
  std::size_t ticket = 0;  ///< as it was given to `begin`
  Retrieved retrieved;
  bool given_back = false;                      ///< nothing was done: see Source::give_back
  std::chrono::steady_clock::time_point begin;  ///< when work on it began
  std::chrono::steady_clock::time_point end;
};

/// What one I/O thread has of a source, such as a process, a connection, requests in flight. Used by that
/// thread only. Its destructor ends what is under way.
///
/// Retrievals that have begun and wait for their turn (their server must not be asked now) take no room, as
/// far as the session can keep them.
class SourceSession {
 public:
  virtual ~SourceSession() = default;
  /// How many retrievals it takes now; at least 1 if none is under way.
  virtual std::size_t room() const = 0;
  /// Begins a retrieval. Precondition: there is room.
  virtual void begin(std::size_t ticket, const Retrieval& retrieval) = 0;
  /// Waits until a retrieval has ended, or there is room again, or about as long as `longest`, and adds all
  /// that ended to `ended`, in any order. Precondition: one is under way.
  virtual void wait(std::chrono::nanoseconds longest, std::vector<EndedRetrieval>& ended) = 0;
};

/// Which I/O thread opens a session.
struct SessionPlace {
  Rank rank;
  std::uint32_t slot = 0;
  std::uint32_t room = 1;  ///< of a source with one session: how many retrievals are to be under way
};

/// Executes a SourceSpec. Immutable after construction; the threads of the I/O pool call it at the same time.
/// A source overrides `retrieve`, if its retrievals have nothing to do with one another, or else
/// `open_session`.
///
/// A retrieval never throws for what a task may do wrong: that is a status. It ends soon after `interrupt`
/// was called, and at once if that was before it.
class Source {
 public:
  virtual ~Source() = default;
  /// Retrieves for one task, and waits: by default in a session of its own.
  virtual Retrieved retrieve(const Retrieval& retrieval) const;
  /// A session that takes retrievals of many tasks, by default one at a time. The source outlives it.
  virtual std::unique_ptr<SourceSession> open_session(SessionPlace place) const;
  /// What would make an attempt of this task fail at once, as its error would say: a file or a program that
  /// is not there. Empty if nothing is known of. Does nothing but look.
  virtual std::string obstacle(const TemplateContext& /*context*/) const { return {}; }
  /// Ends all retrievals that are under way, from any thread: the run is being abandoned.
  virtual void interrupt() const = 0;
  /// Ends the retrievals that wait for their turn, without having done anything for them, from any thread:
  /// the run is to end when what is under way has ended.
  virtual void give_back() const {}
  /// True if outcomes keep the output. A file's contents are not kept: they are where they were.
  virtual bool keeps_output() const { return true; }
  /// True if more I/O threads may help and cost little: it is for most of its time that it waits.
  virtual bool may_have_many_threads() const { return true; }
  /// True if one session waits for all retrievals of a rank: then one I/O thread opens it, and `io_threads`
  /// is how many retrievals it has under way.
  virtual bool has_one_session() const { return false; }
  /// True if it starts programs, for which the threads that call it are better bound to CPUs.
  virtual bool starts_programs() const { return false; }
};

/// A source of the program: what a job file may say, and how to execute it.
struct SourceType {
  const SourceInfo* info;
  std::unique_ptr<Source> (*make)(const Job& job);  ///< Precondition: job.source->info is this info
};

/// All sources, one line each in registry.cpp.
const std::vector<SourceType>& source_types();
/// Their infos: what read_job and open_job take.
const SourceRegistry& source_registry();
/// Precondition: the job has a source, and its info is one of source_registry().
std::unique_ptr<Source> make_source(const Job& job);

}  // namespace fanfold
