// What stands in the blobs: compression, failed ranges, events. Each must come back as it went in.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <numeric>
#include <random>

#include "journal/compression.hpp"
#include "journal/event_log.hpp"
#include "journal/failure_log.hpp"
#include "run_builder.hpp"

namespace fanfold {
namespace {

Bytes bytes_of(const std::vector<std::uint8_t>& values) {
  Bytes bytes;
  for (const std::uint8_t value : values) bytes.push_back(static_cast<std::byte>(value));
  return bytes;
}

RC_GTEST_PROP(Blob, comes_back_as_it_went_in, (const std::vector<std::uint8_t>& values)) {
  Bytes raw = bytes_of(values);
  const auto repeats = *rc::gen::inRange(1, 50);
  for (int i = 1; i < repeats; ++i) {
    const Bytes once = bytes_of(values);
    raw.insert(raw.end(), once.begin(), once.end());
  }
  const auto stride = *rc::gen::inRange<std::size_t>(1, 20);
  RC_ASSERT(unpack(pack(raw)) == raw);
  RC_ASSERT(unpack(pack_records(raw, stride)) == raw);
}

RC_GTEST_PROP(Blob, damage_is_an_error_or_other_bytes_but_never_a_crash, ()) {
  ByteWriter out;
  for (std::uint64_t i = 0; i < 500; ++i) out.u64(i * 3);
  Bytes blob = pack_records(out.bytes(), 8);
  const auto position = *rc::gen::inRange<std::size_t>(0, blob.size());
  blob[position] ^= static_cast<std::byte>(*rc::gen::inRange(1, 256));
  blob.resize(*rc::gen::inRange<std::size_t>(0, blob.size() + 1));
  try {
    unpack(blob);
  } catch (const DecodeError&) {
  }
}

TEST(Blob, few_bytes_are_stored_with_one_more) {
  EXPECT_EQ(pack(Bytes(20)).size(), 21u);
  EXPECT_LT(pack(Bytes(2000)).size(), 40u);
}

TEST(Blob, planes_are_chosen_where_they_pay) {
  ByteWriter reals, noise;
  std::mt19937_64 random(1);
  std::uniform_real_distribution<double> uniform(0, 1);
  for (int i = 0; i < 20'000; ++i) {
    reals.f64(uniform(random));
    noise.u64(random());
  }
  EXPECT_LT(pack_records(reals.bytes(), 8).size(), pack(reals.bytes()).size() * 19 / 20);
  EXPECT_LE(pack_records(noise.bytes(), 8).size(), noise.size() + 1);
}

RC_GTEST_PROP(FailedRanges, come_back_as_they_went_in, ()) {
  TaskSet tasks;
  for (int i = *rc::gen::inRange(1, 200); i > 0; --i) {
    const auto begin = *rc::gen::inRange<std::uint64_t>(0, 1'000'000);
    tasks.insert({begin, begin + *rc::gen::inRange<std::uint64_t>(1, 300)});
  }
  const std::vector<TaskRange> ranges = tasks.ranges();
  RangeReader reader(encode_ranges(ranges));
  for (const TaskRange& range : ranges) RC_ASSERT(reader.next() == range);
  RC_ASSERT(!reader.next().has_value());
}

RC_GTEST_PROP(FailedRanges, damage_is_an_error_or_other_ranges_but_never_a_crash,
              (std::vector<std::uint8_t> values)) {
  try {
    RangeReader reader(bytes_of(values));
    while (reader.next()) {
    }
  } catch (const DecodeError&) {
  }
}

std::vector<Event> decoded(const Bytes& bytes) {
  std::vector<Event> events;
  decode_events(bytes, [&events](const Event& event) { events.push_back(event); });
  return events;
}

Event any_event() {
  Event event;
  event.time = static_cast<double>(*rc::gen::inRange<std::int64_t>(0, 10'000'000'000)) / 1e6;
  event.kind = static_cast<Event::Kind>(*rc::gen::inRange(0, 9));
  event.rank = Rank(*rc::gen::arbitrary<std::int32_t>());
  event.chunk = ChunkId(*rc::gen::arbitrary<std::uint64_t>());
  event.task = TaskIndex(*rc::gen::arbitrary<std::uint64_t>());
  event.count = *rc::gen::arbitrary<std::uint64_t>();
  event.detail = *rc::gen::arbitrary<std::string>();
  return event;
}

RC_GTEST_PROP(EventLog, comes_back_as_it_went_in, ()) {
  std::vector<Event> events(*rc::gen::inRange<std::size_t>(0, 30));
  for (Event& event : events) event = any_event();
  RC_ASSERT(decoded(encode_events(events)) == events);
}

RC_GTEST_PROP(EventLog, damage_is_an_error_or_other_events_but_never_a_crash,
              (std::vector<std::uint8_t> values)) {
  try {
    decoded(bytes_of(values));
  } catch (const DecodeError&) {
  }
}

TEST(EventLog, times_are_kept_to_the_microsecond_and_nonsense_is_clamped) {
  std::vector<Event> events(4);
  events[0].time = 1.23456789;
  events[1].time = std::nan("");
  events[2].time = HUGE_VAL;
  events[3].time = 2;
  const std::vector<Event> back = decoded(encode_events(events));
  EXPECT_EQ(back[0].time, 1.234568);
  EXPECT_EQ(back[1].time, 0);
  EXPECT_EQ(back[2].time, 9e12);
  EXPECT_EQ(back[3].time, 2);
}

TEST(EventLog, a_busy_run_in_chunks_of_one_task_takes_at_most_six_bytes_for_an_event) {
  // 150,000 chunks a second over 100 ranks, done in an order of their own some milliseconds later.
  std::vector<Event> events;
  std::mt19937_64 random(7);
  for (std::uint64_t chunk = 1; chunk <= 20'000; ++chunk) {
    Event sent =
        event_of(Event::Kind::chunk_sent, chunk, {chunk, chunk + 1}, static_cast<double>(chunk) / 150e3);
    sent.rank = Rank(static_cast<std::int32_t>(random() % 100));
    events.push_back(sent);
    if (chunk <= 500) continue;
    Event done = event_of(Event::Kind::chunk_done, chunk - 500 + random() % 400, {0, 1}, sent.time + 1e-6);
    done.rank = Rank(static_cast<std::int32_t>(random() % 100));
    events.push_back(done);
  }
  const Bytes bytes = encode_events(events);
  EXPECT_LE(static_cast<double>(bytes.size()) / static_cast<double>(events.size()), 6.0);
  EXPECT_LT(pack(bytes).size(), bytes.size());
}

}  // namespace
}  // namespace fanfold
