#include "run/interrupt.hpp"

#include <signal.h>

#include <array>
#include <atomic>

namespace fanfold {
namespace {

constexpr std::array ending_signals{SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2};

std::atomic<int> signal_count{0};
std::atomic<int> last_signal{0};
static_assert(std::atomic<int>::is_always_lock_free);
std::array<struct sigaction, ending_signals.size()> previous;

void count_signal(int signal) {
  last_signal.store(signal, std::memory_order_relaxed);
  signal_count.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace

InterruptGuard::InterruptGuard() {
  signal_count = 0;
  last_signal = 0;
  struct sigaction action {};
  action.sa_handler = count_signal;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  for (std::size_t i = 0; i < ending_signals.size(); ++i) sigaction(ending_signals[i], &action, &previous[i]);
}

InterruptGuard::~InterruptGuard() {
  for (std::size_t i = 0; i < ending_signals.size(); ++i) sigaction(ending_signals[i], &previous[i], nullptr);
}

int InterruptGuard::count() const { return signal_count.load(std::memory_order_relaxed); }

const char* InterruptGuard::name() const {
  switch (last_signal.load(std::memory_order_relaxed)) {
    case SIGINT:
      return "SIGINT";
    case SIGTERM:
      return "SIGTERM";
    case SIGHUP:
      return "SIGHUP";
    case SIGUSR1:
      return "SIGUSR1";
    case SIGUSR2:
      return "SIGUSR2";
    default:
      return "";
  }
}

}  // namespace fanfold
