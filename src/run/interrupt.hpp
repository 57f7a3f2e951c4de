// Signals that ask the run to end.
#pragma once

namespace fanfold {

/// While it lives, SIGINT, SIGTERM, SIGHUP, SIGUSR1 and SIGUSR2 are counted instead of ending the process.
/// One at a time.
class InterruptGuard {
 public:
  InterruptGuard();
  ~InterruptGuard();
  InterruptGuard(const InterruptGuard&) = delete;
  InterruptGuard& operator=(const InterruptGuard&) = delete;

  /// How many have come.
  int count() const;
  /// The newest one's name, such as "SIGTERM"; "" before the first.
  const char* name() const;
};

}  // namespace fanfold
