// Threads that run the tasks of a job with a source: some retrieve, others compute.
#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "exec/bounded_queue.hpp"
#include "exec/cpu_affinity.hpp"
#include "exec/pool.hpp"
#include "exec/pool_sizer.hpp"
#include "exec/resources.hpp"
#include "exec/retriever.hpp"
#include "exec/source.hpp"
#include "exec/task_finisher.hpp"

namespace fanfold {

/// I/O threads take tasks in order, as many as their session of the source has room for, and retrieve.
/// Without a kernel they finish the tasks as well; with one, each waits for a compute thread, which takes
/// several that are ready as one batch. When a few wait for each compute thread, the I/O threads wait too:
/// what was retrieved and not yet computed stays bounded.
///
/// How many I/O threads work is found while they do, see PoolSize; those with the highest slots rest when
/// fewer do better.
class SourcePool final : public Pool {
 public:
  SourcePool(PoolContext& context, std::unique_ptr<const Source> source);
  ~SourcePool() override;

  void collect() override {}  // finished tasks are put into their chunk's pending part one by one
  std::uint64_t running() const override { return context_.board.stock().inside; }
  void give_back() override { source_->give_back(); }
  void interrupt() override;

 private:
  void start_threads();
  void start_io_threads() FANFOLD_EXCLUDES(threads_mutex_);
  void resize();
  void close();
  void bind_to_cpu(std::uint32_t slot) const;
  void retrieve_tasks(std::uint32_t slot);
  bool begin_tasks(std::uint32_t slot, Retriever& retriever, TaskFinisher& finisher);
  void note_ended(const std::vector<RetrievedTask>& tasks);
  void pass_on(std::vector<RetrievedTask>& tasks, TaskFinisher& finisher);
  void compute_tasks();

  PoolContext& context_;
  const std::unique_ptr<const Source> source_;
  Resources resources_;
  const std::optional<cpu_set_t> cpus_ = cpus_for_children();
  BoundedQueue<RetrievedTask> to_compute_;
  PoolSizer sizer_;
  Mutex threads_mutex_;
  bool closing_ FANFOLD_GUARDED_BY(threads_mutex_) = false;
  std::vector<std::jthread> io_threads_ FANFOLD_GUARDED_BY(threads_mutex_);  // by slot
  std::vector<std::jthread> compute_threads_;
};

}  // namespace fanfold
