// How many I/O threads do best: found while they work, for no formula tells.
#pragma once

#include <cstdint>
#include <optional>

namespace fanfold {

/// Climbs while more threads do more, goes back when they do not, and then looks again now and then. What it
/// knows is what was measured with some number of threads for a while; it has no clock and no threads.
///
/// Tasks that wait are told by their throughput: with twice the threads they do twice as much. Tasks that
/// compute are told by the CPU time that they take, so that they never run more at a time than there are CPUs
/// for; tasks that fail more often with more threads (a server that is asked too much) send it back as well.
class PoolSize {
 public:
  struct Limits {
    std::uint32_t first = 1;    ///< the number of threads to begin with: one for each CPU
    std::uint32_t most = 1024;  ///< threads
  };
  /// Of tasks that take longer than this, the rest of a thread's work does not count.
  static constexpr double long_task_seconds = 0.02;

  explicit PoolSize(Limits limits) : limits_(limits), size_(limits.first) {}

  /// The threads that should work now.
  std::uint32_t size() const { return size_; }

  /// What was seen while `size` threads had tasks all the time: of tasks that began after the size was set.
  struct Period {
    double seconds = 0;        ///< how long it was
    std::uint64_t tasks = 0;   ///< that ended
    std::uint64_t failed = 0;  ///< of those
    double task_seconds = 0;   ///< that they took, together
    double cpu_seconds = 0;    ///< that this process and the programs that it started took
    bool memory_is_short = false;
  };
  /// Sets the size for the next period. Precondition: some tasks ended.
  void on_period(const Period& period);

 private:
  struct Measured {
    std::uint32_t size;
    double rate;          // tasks that succeeded, a second
    double failed_share;  // of all
  };
  double rate_in(const Period& period) const;
  void climb(const Measured& now, std::uint32_t most);
  void hold(const Measured& now, std::uint32_t most);
  void judge_look(const Measured& now, std::uint32_t most);
  void go_to(std::uint32_t size) { size_ = size; }
  bool is_better(const Measured& now, const Measured& before) const;
  std::uint32_t most_for(const Period& period) const;

  static constexpr std::uint32_t first_periods_to_hold = 4;

  Limits limits_;
  std::uint32_t size_;
  bool climbing_ = true;
  std::optional<Measured> best_;  // so far, while it climbs; then what it holds
  std::uint32_t periods_held_ = 0;
  std::uint32_t periods_to_hold_ = first_periods_to_hold;  // until it looks again
  bool only_waits_ = false;  // the last step brought all that it could: fewer threads would do less
  bool looks_down_ = false;
  std::uint32_t slow_periods_ = 0;
};

}  // namespace fanfold
