// Threads that run the tasks of a job with a source: some retrieve, others compute.
#pragma once

#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "exec/bounded_queue.hpp"
#include "exec/cpu_affinity.hpp"
#include "exec/pool.hpp"
#include "exec/retriever.hpp"
#include "exec/source.hpp"
#include "exec/task_finisher.hpp"

namespace fanfold {

/// I/O threads take tasks in order, as many as their session of the source has room for, and retrieve.
/// Without a kernel they finish the tasks as well; with one, each waits for a compute thread, which takes
/// several that are ready as one batch. When a few wait for each compute thread, the I/O threads wait too:
/// what was retrieved and not yet computed stays bounded.
class SourcePool final : public Pool {
 public:
  SourcePool(PoolContext& context, std::unique_ptr<const Source> source);
  ~SourcePool() override;

  void collect() override {}  // finished tasks are put into their chunk's pending part one by one
  std::uint64_t running() const override { return context_.board.stock().inside; }
  void interrupt() override;

 private:
  void start_threads();
  void bind_to_cpu(std::uint32_t slot) const;
  void retrieve_tasks(std::uint32_t slot);
  bool begin_tasks(Retriever& retriever, TaskFinisher& finisher);
  void pass_on(std::vector<RetrievedTask>& tasks, TaskFinisher& finisher);
  void compute_tasks();

  PoolContext& context_;
  const std::unique_ptr<const Source> source_;
  const std::optional<cpu_set_t> cpus_ = cpus_for_children();
  BoundedQueue<RetrievedTask> to_compute_;
  std::vector<std::jthread> threads_;
};

}  // namespace fanfold
