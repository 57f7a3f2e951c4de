#include "run/lowest_cpu_level.hpp"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <chrono>
#include <variant>

#include "run/clock.hpp"
#include "run/pacer.hpp"
#include "run/wakeup.hpp"
#include "schedule/messages.hpp"

namespace fanfold {
namespace {

constexpr double patience_seconds = 30;

}  // namespace

CpuLevel lowest_cpu_level(Transport& transport) {
  CpuLevel lowest = cpu_level();
  const RunClock clock;
  Pacer pacer(std::chrono::milliseconds(4));
  Wakeup nobody;
  for (int missing = transport.size() - 1; missing > 0;) {
    if (const std::optional<Envelope> envelope = transport.receive()) {
      const Message message = decode_message(envelope->bytes);
      if (const auto* const present = std::get_if<PresentMsg>(&message)) {
        lowest = std::min(lowest, present->cpu_level);
        --missing;
      }
      pacer.busy();
    } else if (clock.now() > patience_seconds) {
      spdlog::warn("{} ranks did not say which CPU they have: the kernel is compiled for any", missing);
      return std::min(lowest, CpuLevel::v2);
    } else {
      nobody.wait_for(pacer.next_sleep());
    }
  }
  return lowest;
}

}  // namespace fanfold
