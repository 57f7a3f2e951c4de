// A Schedule with workers made of nothing: what it sends lands in an inbox, which a test must have emptied at
// the end.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "schedule/schedule.hpp"

namespace fanfold::test {

/// Builds and drives a Schedule. `expect_…` takes the oldest message of the fake network; the destructor
/// checks that none was left unread.
class TestWorld {
 public:
  static TestWorld of(std::uint64_t tasks, SchedulePolicy policy = {}) {
    return TestWorld(Schedule(std::move(policy), TaskSet(TaskRange{0, tasks})));
  }
  static TestWorld of(TaskList order, std::vector<float> costs, SchedulePolicy policy = {}) {
    return TestWorld(Schedule(std::move(policy), std::move(order), std::move(costs)));
  }
  TestWorld(TestWorld&& other) noexcept : schedule(std::move(other.schedule)), now(other.now) {
    other.moved_ = true;
  }
  ~TestWorld() {
    if (moved_) return;
    collect();
    EXPECT_TRUE(sent_.empty()) << sent_.size() << " messages were not expected";
  }

  // ---- given and when: each takes a millisecond
  // ---------------------------------------------------------------------
  TestWorld& joins(int rank, std::uint32_t slots = 1) {
    schedule.on_joined(Rank(rank), slots, tick());
    return *this;
  }
  TestWorld& has_slots(int rank, std::uint32_t slots) {
    schedule.on_slots(Rank(rank), slots, tick());
    return *this;
  }
  TestWorld& wants(int rank, std::uint32_t chunks = 1) {
    schedule.on_want(Rank(rank), chunks, tick());
    return *this;
  }
  TestWorld& started(int rank, const Chunk& chunk, TaskList tasks) {
    schedule.on_started(Rank(rank), {chunk.id, std::move(tasks)}, tick());
    return *this;
  }
  TestWorld& returns(int rank, std::vector<ChunkTasks> parts) {
    schedule.on_returned(Rank(rank), parts, tick());
    return *this;
  }
  TestWorld& dies(int rank) {
    schedule.on_lost(Rank(rank), tick());
    return *this;
  }
  TestWorld& passes(double seconds) {
    now += seconds;
    schedule.on_time_passed(now);
    return *this;
  }
  TestWorld& drains() {
    schedule.on_drain(tick());
    return *this;
  }
  /// A report on tasks of a chunk, each of which took a slot `seconds`.
  Schedule::Verdict done(int rank, const Chunk& chunk, const TaskList& tasks, double seconds = 1) {
    return reports(rank, report_of(chunk, tasks, seconds));
  }
  Schedule::Verdict done(int rank, const Chunk& chunk, double seconds = 1) {
    return done(rank, chunk, chunk.tasks, seconds);
  }
  /// The whole chunk ended, and all its tasks failed.
  Schedule::Verdict fails(int rank, const Chunk& chunk) {
    Report report = report_of(chunk, chunk.tasks, 1);
    report.failures.push_back({"no luck", report.finished.size(), {}});
    return reports(rank, report);
  }
  /// All attempts of the chunk failed and are to be made again.
  Schedule::Verdict retries(int rank, const Chunk& chunk) {
    Report report = report_of(chunk, {}, 1);
    report.to_retry = chunk.tasks;
    report.busy = static_cast<double>(size_of(chunk.tasks));
    return reports(rank, report);
  }
  Schedule::Verdict reports(int rank, const Report& report) {
    return schedule.on_done(Rank(rank), report, tick());
  }

  static Report report_of(const Chunk& chunk, const TaskList& tasks, double seconds) {
    Report report;
    report.chunk = chunk.id;
    for (const TaskRange& range : tasks) report.finished.insert(range);
    report.busy = seconds * static_cast<double>(report.finished.size());
    return report;
  }

  // ---- then
  // ---------------------------------------------------------------------------------------------------------
  Chunk expect_chunk(int rank) {
    const auto sent = expect<Schedule::SendChunk>(rank, "a chunk");
    return sent ? sent->chunk : Chunk{};
  }
  /// A chunk of exactly these tasks.
  Chunk expect_chunk(int rank, const TaskList& tasks) {
    Chunk chunk = expect_chunk(rank);
    EXPECT_EQ(chunk.tasks, tasks);
    return chunk;
  }
  std::uint64_t expect_recall(int rank) {
    const auto sent = expect<Schedule::SendRecall>(rank, "a recall");
    return sent ? sent->tasks : 0;
  }
  void expect_drain(int rank) { expect<Schedule::SendDrain>(rank, "a drain"); }
  void expect_silence() {
    collect();
    EXPECT_TRUE(sent_.empty());
  }

  Schedule schedule;
  double now = 0;

 private:
  explicit TestWorld(Schedule of) : schedule(std::move(of)) {}

  double tick() { return now += 0.001; }
  void collect() {
    for (Schedule::Decision& decision : schedule.take_decisions()) sent_.push_back(std::move(decision));
  }
  template <typename Kind>
  std::optional<Kind> expect(int rank, const std::string& what) {
    collect();
    if (sent_.empty() || !std::holds_alternative<Kind>(sent_.front())) {
      ADD_FAILURE() << "expected " << what << " for rank " << rank << ", but "
                    << (sent_.empty() ? "nothing was sent" : "something else was");
      return std::nullopt;
    }
    Kind found = std::get<Kind>(std::move(sent_.front()));
    sent_.pop_front();
    EXPECT_EQ(found.rank, Rank(rank));
    return found;
  }

  std::deque<Schedule::Decision> sent_;
  bool moved_ = false;
};

}  // namespace fanfold::test
