// The clock of a run.
#pragma once

#include <chrono>

namespace fanfold {

/// Seconds since it was made; never goes back.
class RunClock {
 public:
  double now() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }

 private:
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace fanfold
