// The executing role: every rank has it, rank zero too.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "exec/executor.hpp"
#include "job/job.hpp"
#include "run/clock.hpp"
#include "run/transport.hpp"
#include "schedule/messages.hpp"

namespace fanfold {

/// How many threads a rank has, and its share of the machine.
struct Threads {
  std::uint32_t compute = 1;
  std::uint32_t io = 1;       ///< to begin with
  std::uint32_t most_io = 0;  ///< up to so many are tried; 0: as many as in the beginning
  std::uint32_t cpus = 1;
  std::uint64_t memory = 0;            ///< bytes that tasks may reserve
  std::vector<std::string> gpus = {};  ///< that tasks may use
};

/// Executes chunks and reports them. It speaks to the coordinator through messages only, on rank zero as
/// well. Only the main thread calls it.
class Worker {
 public:
  /// Chooses the threads when the job is known.
  using ChooseThreads = std::function<Threads(const Job&)>;

  /// `wake` is called from other threads when `step` has something to do. With an `obstacle`, the coordinator
  /// gets that for an answer to its job.
  Worker(Transport& transport, ChooseThreads choose_threads, std::function<void()> wake,
         std::string obstacle = {});
  ~Worker();

  /// Tells the coordinator that this rank is there, before the job has come (ranks but zero).
  void say_present();

  /// Joins with a job that is at hand (rank zero). It must outlive the worker.
  void join(const Job& job);

  void on_message(const Message& message);

  /// Sends what there is to say. Returns true if there was something.
  bool step();

  /// This rank was sent a signal that ends runs; the coordinator has the word on what is done.
  void expect_end();

  /// The coordinator said stop, and our last message was queued.
  bool stopped() const { return stopped_; }
  /// It said that ranks were lost.
  bool survivors_only() const { return survivors_only_; }

  /// Seconds since the coordinator was last heard.
  double silence() const { return clock_.now() - last_heard_; }

 private:
  void receive_job(const JobMsg& piece);
  void rejoin();
  void give_back(std::uint64_t tasks);
  void say(const Message& message);
  bool report();
  bool tell_slots();
  bool want();

  Transport& transport_;
  ChooseThreads choose_threads_;
  std::function<void()> wake_;
  std::string obstacle_;
  RunClock clock_;
  double last_heard_ = 0;
  double last_said_ = 0;

  Bytes job_bytes_;
  std::unique_ptr<const Job> owned_job_;
  const Job* job_ = nullptr;
  std::unique_ptr<Executor> executor_;
  std::uint32_t asked_for_ = 0;  // chunks that we asked for and that did not come yet
  std::uint32_t told_slots_ = 0;
  bool fixed_chunks_ = false;
  bool draining_ = false;
  bool stopped_ = false;
  bool survivors_only_ = false;
};

}  // namespace fanfold
