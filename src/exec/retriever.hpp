// What one I/O thread does for its tasks: from a task to what the source retrieved for it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exec/batch_evaluator.hpp"
#include "exec/demand.hpp"
#include "exec/pool.hpp"
#include "exec/resources.hpp"
#include "exec/source.hpp"
#include "exec/task_finisher.hpp"
#include "exec/temporary_folder.hpp"
#include "job/task_filter.hpp"

namespace fanfold {

/// Begins retrievals in a session of the source and takes what ended. Used by one thread.
class Retriever {
 public:
  /// The context, the source and the resources of the pool must outlive it.
  Retriever(PoolContext& context, const Source& source, Resources& resources, std::uint32_t slot);

  /// False: the task does not meet `where` and is not to be run.
  bool meets(TaskIndex task) { return filter_.meets(task); }
  /// No retrieval is under way.
  bool idle() const { return under_way_ == 0; }
  /// How many tasks it can begin now; at least 1 if it is idle.
  std::size_t room() const { return session_->room(); }

  /// Waits until the rank has what the task takes, if the job says that it takes something. Precondition:
  /// there is room.
  void begin(TaskOfChunk task);
  /// Waits until a retrieval has ended, or about as long as `longest`, and adds all that ended to `ended`.
  /// Precondition: it is not idle.
  void wait(std::chrono::nanoseconds longest, std::vector<RetrievedTask>& ended);

 private:
  /// A task that was begun. Its place in the list is its ticket; without a chunk, the place is free.
  struct Begun {
    TaskOfChunk task;
    std::unique_ptr<TemporaryFolder> folder;
    std::optional<Resources::Grant> grant;
  };

  std::size_t take_ticket();
  void announce(const TaskOfChunk& task);
  void begin_in_session(std::size_t ticket);
  void evaluate_numbers(TaskIndex task);
  TaskShare share_of(Begun& begun);
  void fail_at_once(std::size_t ticket, const std::string& error);
  RetrievedTask retrieved(EndedRetrieval ended);

  PoolContext& context_;
  Resources& resources_;
  const std::unique_ptr<SourceSession> session_;
  const std::uint32_t slot_;
  const bool uses_tmp_;
  const DemandKeys demands_;
  TaskFilter filter_;
  BatchEvaluator evaluator_;
  std::vector<double> numbers_;
  std::vector<Begun> begun_;
  std::vector<std::size_t> free_tickets_;
  std::size_t under_way_ = 0;
  std::vector<EndedRetrieval> ended_;  // taken from the session, or failed before they came to it
};

}  // namespace fanfold
