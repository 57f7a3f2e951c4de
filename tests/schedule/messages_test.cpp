// Messages survive encoding; bytes that are none are refused.
#include "schedule/messages.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <string>
#include <vector>

namespace fanfold::test {
namespace {

TaskList any_tasks() {
  TaskList tasks;
  for (const auto& [begin, size] :
       *rc::gen::container<std::vector<std::pair<std::uint64_t, std::uint32_t>>>(rc::gen::pair(
           rc::gen::inRange<std::uint64_t>(0, 1ULL << 62), rc::gen::inRange<std::uint32_t>(1, 1U << 31)))) {
    tasks.push_back({begin, begin + size});
  }
  return tasks;
}

Bytes any_bytes() {
  Bytes bytes;
  for (const auto byte : *rc::gen::arbitrary<std::vector<std::uint8_t>>())
    bytes.push_back(static_cast<std::byte>(byte));
  return bytes;
}

std::uint64_t any_u64() { return *rc::gen::arbitrary<std::uint64_t>(); }
std::uint32_t any_u32() { return *rc::gen::arbitrary<std::uint32_t>(); }
std::string any_text() { return *rc::gen::arbitrary<std::string>(); }

Report any_report() {
  Report report;
  report.chunk = ChunkId(any_u64());
  for (const TaskRange& range : any_tasks()) report.finished.insert(range);
  report.to_retry = any_tasks();
  report.partial = any_bytes();
  report.busy = *rc::gen::inRange(0, 1000) / 7.0;
  return report;
}

Message any_message() {
  switch (
      *rc::gen::resize(rc::kNominalSize, rc::gen::inRange<std::size_t>(0, std::variant_size_v<Message>))) {
    case 0:
      return JobMsg{any_u64(), any_bytes()};
    case 1:
      return ChunkMsg{{ChunkId(any_u64()), Attempt(any_u32()), any_tasks(), any_text()}};
    case 2:
      return RecallMsg{any_u64()};
    case 3:
      return DrainMsg{};
    case 4:
      return StopMsg{*rc::gen::arbitrary<bool>(), *rc::gen::arbitrary<bool>()};
    case 5:
      return HelloMsg{
          any_text(), *rc::gen::arbitrary<std::int64_t>(), any_u32(), any_u32(), any_text(), any_text(),
          any_text()};
    case 6:
      return WantMsg{any_u32()};
    case 7:
      return StartedMsg{{ChunkId(any_u64()), any_tasks()}};
    case 8:
      return DoneMsg{{any_report(), any_report()}};
    case 9:
      return ReturnMsg{{{ChunkId(any_u64()), any_tasks()}, {ChunkId(any_u64()), any_tasks()}}};
    case 10:
      return HeartbeatMsg{};
    case 11:
      return RejoinMsg{};
    case 12:
      return PresentMsg{any_text(), *rc::gen::arbitrary<std::int64_t>(), CpuLevel::v3};
    case 13:
      return ByeMsg{};
    default:
      return SlotsMsg{any_u32()};
  }
}

/// Decodes, or throws DecodeError; anything else fails the test.
void expect_harmless(std::span<const std::byte> bytes) {
  try {
    decode_message(bytes);
  } catch (const DecodeError&) {
    // As it should be.
  }
}

RC_GTEST_PROP(Messages, AreDecodedAsTheyWereEncoded, ()) {
  const Message message = any_message();
  RC_ASSERT(decode_message(encode(message)) == message);
}

RC_GTEST_PROP(Messages, ThatAreCutShortAreRefused, ()) {
  const Bytes bytes = encode(any_message());
  const auto length = *rc::gen::inRange<std::size_t>(0, bytes.size());
  RC_ASSERT_THROWS_AS(decode_message(std::span(bytes).first(length)), DecodeError);
}

RC_GTEST_PROP(Messages, WithBytesLeftOverAreRefused, ()) {
  Bytes bytes = encode(any_message());
  bytes.push_back(std::byte{0});
  RC_ASSERT_THROWS_AS(decode_message(bytes), DecodeError);
}

RC_GTEST_PROP(Messages, ThatAreDamagedDoNoHarm, ()) {
  Bytes bytes = encode(any_message());
  for (int flips = *rc::gen::inRange(1, 4); flips > 0; --flips) {
    bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] =
        static_cast<std::byte>(*rc::gen::arbitrary<std::uint8_t>());
  }
  expect_harmless(bytes);
}

RC_GTEST_PROP(Messages, OfRandomBytesDoNoHarm, ()) { expect_harmless(any_bytes()); }

TEST(Messages, OfEveryKindAreDecodedAsTheyWereEncoded) {
  const std::vector<Message> messages{JobMsg{3, {std::byte{7}}},
                                      ChunkMsg{{ChunkId(1), Attempt(2), {{5, 9}, {0, 1'000'000'000'000}}}},
                                      RecallMsg{4},
                                      DrainMsg{},
                                      StopMsg{true, false},
                                      HelloMsg{"node", -1, 2, 3, "AVX2", "1.0", "no such kernel"},
                                      WantMsg{2},
                                      StartedMsg{{ChunkId(3), {{1, 2}}}},
                                      DoneMsg{{Report{}}},
                                      ReturnMsg{{{ChunkId(3), {{1, 2}}}}},
                                      HeartbeatMsg{},
                                      ByeMsg{},
                                      SlotsMsg{7},
                                      RejoinMsg{},
                                      PresentMsg{"node", 7, CpuLevel::v3}};
  ASSERT_EQ(messages.size(), std::variant_size_v<Message>);
  for (const Message& message : messages)
    EXPECT_EQ(decode_message(encode(message)), message) << message.index();
}

TEST(Messages, OfUnknownKindAreRefused) {
  EXPECT_THROW(decode_message(Bytes{std::byte{std::variant_size_v<Message>}}), DecodeError);
  EXPECT_THROW(decode_message(Bytes{}), DecodeError);
}

}  // namespace
}  // namespace fanfold::test
