#include "job/outcome.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <limits>

namespace fanfold {
namespace {

rc::Gen<Value> any_value() {
  return rc::gen::oneOf(
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t x) { return Value(x); }),
      rc::gen::map(rc::gen::arbitrary<double>(), [](double x) { return Value(x); }),
      rc::gen::map(rc::gen::arbitrary<std::string>(), [](std::string x) { return Value(x); }));
}

TaskRange any_range() {
  const auto begin = *rc::gen::inRange<std::uint64_t>(0, 1'000'000'000'000);
  return {begin, begin + *rc::gen::inRange<std::uint64_t>(1, 1000)};
}

Bytes any_bytes() {
  Bytes bytes;
  for (const std::uint8_t byte : *rc::gen::arbitrary<std::vector<std::uint8_t>>())
    bytes.push_back(std::byte{byte});
  return bytes;
}

Outcome any_outcome() {
  Outcome outcome;
  outcome.task = TaskIndex(*rc::gen::arbitrary<std::uint64_t>());
  outcome.attempt = Attempt(*rc::gen::arbitrary<std::uint32_t>());
  outcome.status = *rc::gen::element(Status::succeeded, Status::failed, Status::timed_out);
  outcome.rank = Rank(*rc::gen::arbitrary<std::int32_t>());
  outcome.slot = *rc::gen::arbitrary<std::uint32_t>();
  outcome.start = *rc::gen::arbitrary<double>();
  outcome.duration = *rc::gen::arbitrary<double>();
  outcome.exit_code = *rc::gen::arbitrary<std::int32_t>();
  outcome.signal = *rc::gen::arbitrary<std::int32_t>();
  outcome.error = *rc::gen::arbitrary<std::string>();
  outcome.values = *rc::gen::container<std::vector<Value>>(any_value());
  outcome.output = *rc::gen::arbitrary<std::string>();
  outcome.errors = *rc::gen::arbitrary<std::string>();
  return outcome;
}

Report any_report() {
  const auto several = [](auto make) {
    std::vector<decltype(make())> items(*rc::gen::inRange<std::size_t>(0, 4));
    for (auto& item : items) item = make();
    return items;
  };
  Report report;
  report.chunk = ChunkId(*rc::gen::arbitrary<std::uint64_t>());
  for (const TaskRange& range : several(any_range)) report.finished.insert(range);
  report.failures = several([] {
    return FailedTasks{*rc::gen::arbitrary<std::string>(), *rc::gen::arbitrary<std::uint64_t>(), any_bytes()};
  });
  report.outcomes = several(any_outcome);
  report.to_retry = several(any_range);
  report.columns = several([] { return KeptColumns{any_range(), any_bytes()}; });
  report.partial = any_bytes();
  report.busy = *rc::gen::arbitrary<double>();
  return report;
}

Bytes encoded(const Report& report) {
  ByteWriter out;
  encode(out, report);
  return out.take();
}

RC_GTEST_PROP(Report, comes_back_from_its_bytes, ()) {
  const Report report = any_report();
  const Bytes bytes = encoded(report);
  ByteReader in(bytes);
  RC_ASSERT(decode_report(in) == report);
  RC_ASSERT(in.at_end());
}

RC_GTEST_PROP(Report, cut_short_is_a_decode_error, ()) {
  const Bytes bytes = encoded(any_report());
  const std::size_t size = *rc::gen::inRange<std::size_t>(0, bytes.size());
  ByteReader in(std::span(bytes).first(size));
  RC_ASSERT_THROWS_AS(decode_report(in), DecodeError);
}

RC_GTEST_PROP(Report, of_damaged_bytes_is_a_report_or_a_decode_error, ()) {
  Bytes bytes = encoded(any_report());
  for (const auto& place : *rc::gen::nonEmpty(rc::gen::arbitrary<std::vector<std::uint16_t>>())) {
    bytes[place % bytes.size()] = std::byte{static_cast<std::uint8_t>(place >> 8)};
  }
  ByteReader in(bytes);
  try {
    decode_report(in);
  } catch (const DecodeError&) {
    RC_TAG("refused");
  }
}

TEST(Outcome, with_an_unknown_status_is_refused) {
  Outcome outcome;
  ByteWriter out;
  encode(out, outcome);
  Bytes bytes = out.take();
  bytes[2] = std::byte{3};  // after one byte of the task and one of the attempt
  ByteReader in(bytes);
  EXPECT_THROW(decode_outcome(in), DecodeError);
}

TEST(Value, of_an_unknown_type_is_refused) {
  const Bytes bytes(9, std::byte{3});
  ByteReader in(bytes);
  EXPECT_THROW(decode_value(in), DecodeError);
}

TEST(Report, counts_failures_of_both_kinds_but_not_what_will_be_retried) {
  Report report;
  report.finished.insert({0, 100});
  report.failures = {{"overflow", 3, {}}, {"below the minimum", 4, {}}};
  Outcome failed;
  failed.task = TaskIndex(5);
  failed.status = Status::timed_out;
  Outcome retried = failed;
  retried.task = TaskIndex(200);
  Outcome succeeded;
  succeeded.task = TaskIndex(6);
  report.outcomes = {failed, retried, succeeded};
  EXPECT_EQ(report.failed_count(), 8U);
}

TEST(Columns, come_back_from_their_bytes) {
  const std::vector<std::int64_t> integers{1, -2, std::numeric_limits<std::int64_t>::min()};
  const std::vector<double> reals{0.1, -0.0, std::numeric_limits<double>::infinity()};
  const std::vector<std::string_view> texts{"", "two words", "ü"};
  const std::vector<ConstColumn> columns{ConstColumn(std::span(integers)), ConstColumn(std::span(reals)),
                                         ConstColumn(std::span(texts))};
  const Bytes bytes = encode_columns(columns, 3);
  const auto decoded = decode_columns(bytes, 3);
  ASSERT_EQ(decoded.size(), 3U);
  for (std::size_t row = 0; row < 3; ++row) {
    EXPECT_EQ(decoded[0].view().value(row), Value(integers[row]));
    EXPECT_EQ(decoded[1].view().value(row), Value(reals[row]));
    EXPECT_EQ(decoded[2].view().value(row), Value(std::string(texts[row])));
  }
  EXPECT_THROW(decode_columns(bytes, 2), DecodeError);
  EXPECT_THROW(decode_columns(bytes, 4), DecodeError);
  EXPECT_THROW(decode_columns(bytes, std::numeric_limits<std::size_t>::max()), DecodeError);
}

}  // namespace
}  // namespace fanfold
