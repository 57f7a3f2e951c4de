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
#include "job/job.hpp"
#include "job/source_info.hpp"
#include "job/template.hpp"

namespace fanfold {

/// One attempt of one task, as a source sees it.
struct Retrieval {
  const TemplateContext& context;
  std::span<const double>
      numbers;  ///< of each number argument of the spec, in their order: evaluated for the task
  std::optional<std::chrono::duration<double>> timeout;
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
  /// How long the task must rest before its next attempt, as whoever it asked said (Retry-After): the
  /// schedule waits at least so long.
  std::chrono::duration<double> retry_after{0};
};

/// Executes a SourceSpec. Immutable after construction; the threads of the I/O pool call `retrieve` at the
/// same time.
class Source {
 public:
  virtual ~Source() = default;
  /// Never throws for what a task may do wrong: that is a status. Returns soon after `interrupt` was called,
  /// and at once if that was before it.
  virtual Retrieved retrieve(const Retrieval& retrieval) const = 0;
  /// What would make an attempt of this task fail at once, as its error would say: a file or a program that
  /// is not there. Empty if nothing is known of. Does nothing but look.
  virtual std::string obstacle(const TemplateContext& /*context*/) const { return {}; }
  /// Ends all retrievals that are under way, from any thread: the run is being abandoned.
  virtual void interrupt() const = 0;
  /// True if outcomes keep the output. A file's contents are not kept: they are where they were.
  virtual bool keeps_output() const { return true; }
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
