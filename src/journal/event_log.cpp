#include "journal/event_log.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

namespace fanfold {
namespace {

constexpr std::uint8_t last_kind = static_cast<std::uint8_t>(Event::Kind::blamed);

// The first byte of an event: its kind and which of its fields are not as predicted and so follow.
constexpr std::uint8_t kind_mask = 0x0F;
constexpr std::uint8_t has_chunk = 0x10;
constexpr std::uint8_t has_task = 0x20;
constexpr std::uint8_t has_count = 0x40;
constexpr std::uint8_t has_detail = 0x80;
static_assert(last_kind <= kind_mask);

// Chunks are numbered in the order in which they are sent and cover tasks in ascending order, mostly of one
// size: each kind's next event is predicted from its last. Encoder and decoder walk through the same
// predictions.
class Prediction {
 public:
  std::uint64_t chunk(const Event& event) const {
    const Last& before = last(event);
    return before.chunk == 0 ? 0 : before.chunk + 1;
  }
  std::uint64_t task(const Event& event) const {
    const Last& before = last(event);
    return before.task == 0 ? 0 : before.task + before.count;
  }
  std::uint64_t count(const Event& event) const { return last(event).count; }

  std::int64_t microseconds = 0;  // of the last event of any kind
  std::int64_t rank = 0;

  void see(const Event& event) {
    lasts_[static_cast<std::size_t>(event.kind)] = {event.chunk.value(), event.task.value(), event.count};
  }

 private:
  struct Last {
    std::uint64_t chunk = 0;
    std::uint64_t task = 0;
    std::uint64_t count = 0;
  };
  const Last& last(const Event& event) const { return lasts_[static_cast<std::size_t>(event.kind)]; }
  std::array<Last, last_kind + 1> lasts_{};
};

// Differences wrap around, so that any two values have one.
void difference(ByteWriter& out, std::uint64_t value, std::uint64_t predicted) {
  out.zigzag(static_cast<std::int64_t>(value - predicted));
}

std::uint64_t difference(ByteReader& in, std::uint64_t predicted) {
  return predicted + static_cast<std::uint64_t>(in.zigzag());
}

std::int64_t microseconds_of(double seconds) {
  constexpr double most = 9e12;  // 285 years; also keeps NaN and infinities out of the integer
  return std::llround(std::clamp(std::isnan(seconds) ? 0.0 : seconds, -most, most) * 1e6);
}

void encode_event(ByteWriter& out, const Event& event, Prediction& prediction) {
  const std::uint64_t chunk = prediction.chunk(event), task = prediction.task(event),
                      count = prediction.count(event);
  const auto first = static_cast<std::uint8_t>(
      static_cast<std::uint8_t>(event.kind) | (event.chunk.value() == chunk ? 0 : has_chunk) |
      (event.task.value() == task ? 0 : has_task) | (event.count == count ? 0 : has_count) |
      (event.detail.empty() ? 0 : has_detail));
  out.u8(first);
  const std::int64_t now = microseconds_of(event.time);
  out.zigzag(now - prediction.microseconds);
  out.zigzag(event.rank.value() - prediction.rank);
  if ((first & has_chunk) != 0) difference(out, event.chunk.value(), chunk);
  if ((first & has_task) != 0) difference(out, event.task.value(), task);
  if ((first & has_count) != 0) out.varint(event.count);
  if ((first & has_detail) != 0) out.text(event.detail);
  prediction.microseconds = now;
  prediction.rank = event.rank.value();
  prediction.see(event);
}

Event decode_event(ByteReader& in, Prediction& prediction) {
  const std::uint8_t first = in.u8();
  if ((first & kind_mask) > last_kind) throw DecodeError("an event is of an unknown kind");
  Event event;
  event.kind = static_cast<Event::Kind>(first & kind_mask);
  // Unsigned, so that damaged differences wrap around instead of overflowing.
  prediction.microseconds =
      static_cast<std::int64_t>(difference(in, static_cast<std::uint64_t>(prediction.microseconds)));
  event.time = static_cast<double>(prediction.microseconds) / 1e6;
  event.rank = Rank(static_cast<std::int32_t>(difference(in, static_cast<std::uint64_t>(prediction.rank))));
  event.chunk =
      ChunkId((first & has_chunk) != 0 ? difference(in, prediction.chunk(event)) : prediction.chunk(event));
  event.task =
      TaskIndex((first & has_task) != 0 ? difference(in, prediction.task(event)) : prediction.task(event));
  event.count = (first & has_count) != 0 ? in.varint() : prediction.count(event);
  if ((first & has_detail) != 0) event.detail = in.text();
  prediction.rank = event.rank.value();
  prediction.see(event);
  return event;
}

}  // namespace

Bytes encode_events(std::span<const Event> events) {
  ByteWriter out;
  Prediction prediction;
  for (const Event& event : events) encode_event(out, event, prediction);
  return out.take();
}

void decode_events(std::span<const std::byte> bytes, const std::function<void(const Event&)>& event) {
  ByteReader in(bytes);
  Prediction prediction;
  while (!in.at_end()) event(decode_event(in, prediction));
}

}  // namespace fanfold
