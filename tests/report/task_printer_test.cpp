// Outputs that wait for earlier tasks, in memory and beyond it; and what is printed when.
#include "report/task_printer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace fanfold {
namespace {

TEST(StoredOutputs, GiveBackWhatTheyTookInMemoryOrNot) {
  StoredOutputs stored(10);
  const std::string zeros(3, '\0');
  stored.put(7, {"seven", "e7"});
  stored.put(3, {zeros + "three", "e3"});  // there is no more room in memory
  stored.put(5, {"", "five"});
  stored.put(4, {"xyz", ""});
  EXPECT_EQ(stored.first(), 3U);
  EXPECT_EQ(stored.take(3).output, zeros + "three");
  EXPECT_EQ(stored.take(5).errors, "five");
  EXPECT_EQ(stored.take(7).output, "seven");
  stored.put(9, {std::string(1 << 20, 'x'), "nine"});
  EXPECT_EQ(stored.take(4).output, "xyz");
  EXPECT_FALSE(stored.has(4));
  const StoredOutputs::Texts nine = stored.take(9);
  EXPECT_EQ(nine.output.size(), 1U << 20);
  EXPECT_EQ(nine.errors, "nine");
  EXPECT_TRUE(stored.empty());
}

class Nobody final : public RunObserver {
  void on_start(std::uint64_t /*tasks*/, std::uint64_t /*finished*/) override {}
  void on_progress(const Snapshot& /*snapshot*/) override {}
  void on_end(const Snapshot& /*snapshot*/) override {}
};

/// A report of tasks that ended, each of which wrote its number.
Report report_of(const std::vector<std::uint64_t>& tasks) {
  Report report;
  for (const std::uint64_t task : tasks) {
    report.finished.insert(TaskIndex(task));
    Outcome outcome;
    outcome.task = TaskIndex(task);
    outcome.output = std::to_string(task) + " ";
    report.outcomes.push_back(outcome);
  }
  return report;
}

TEST(TaskPrinter, PrintsATaskWhenAllBeforeItWerePrinted) {
  std::string printed;
  Nobody nobody;
  const auto write = [&](std::string_view text) { printed += text; };
  TaskPrinter printer(RunPolicy::Print::in_order, nobody, nullptr, write, write);
  TaskSet tasks(TaskRange{0, 10});
  tasks.erase({2, 4});  // recorded by an earlier execution
  printer.on_tasks(tasks);
  printer.on_report(report_of({4, 1}));
  EXPECT_EQ(printed, "");
  printer.on_report(report_of({0}));
  EXPECT_EQ(printed, "0 1 4 ");
  Report left_out;  // it has ended without an outcome
  left_out.finished.insert(TaskIndex(5));
  printer.on_report(report_of({6}));
  printer.on_report(left_out);
  EXPECT_EQ(printed, "0 1 4 6 ");
  printer.on_report(report_of({9, 8}));
  printer.on_end({});
  EXPECT_EQ(printed, "0 1 4 6 8 9 ") << "7 was not run: what waits for it is printed at the end";
}

TEST(TaskPrinter, DoesNotPrintAttemptsThatAreMadeAgain) {
  std::string printed;
  Nobody nobody;
  const auto write = [&](std::string_view text) { printed += text; };
  TaskPrinter printer(RunPolicy::Print::as_they_end, nobody, nullptr, write, write);
  Report report = report_of({1, 2});
  report.finished.erase({1, 2});
  printer.on_report(report);
  EXPECT_EQ(printed, "2 ");
}

}  // namespace
}  // namespace fanfold
