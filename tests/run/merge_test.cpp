// Runs of parts of a job, merged: the bits of one run, however the tasks were split and in whatever order the
// files come.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <random>

#include "exec/source.hpp"
#include "journal/run_file.hpp"
#include "run/local_transport.hpp"
#include "run/merge_runs.hpp"
#include "run/open_run.hpp"
#include "run/run.hpp"
#include "run/verify_run.hpp"
#include "silent_observer.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

/// A folder with a job and the run files of its parts, removed at the end.
class Parts {
 public:
  explicit Parts(const std::string& text) {
    std::string name = (fs::temp_directory_path() / "fanfold-merge-XXXXXX").string();
    folder_ = mkdtemp(name.data());
    write_job(text);
  }
  ~Parts() { fs::remove_all(folder_); }
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;

  void write_job(const std::string& text) { std::ofstream(folder_ / "job.toml", std::ios::trunc) << text; }
  fs::path file(const std::string& name) const { return folder_ / name; }

  /// Runs some tasks into a file; a second call with the same file adds to it.
  RunResult run(const std::string& name, std::optional<TaskRange> tasks) {
    const JobSource source = read_job(folder_ / "job.toml", {});
    const std::unique_ptr<const Job> job = open_job(source, source_registry());
    RunOptions options;
    options.run_file = file(name);
    options.tasks = tasks;
    options.choose_threads = [](const Job&) { return Threads{2, 2}; };
    LocalTransport transport;
    SilentObserver silent;
    return run_coordinator(transport, *job, source, options, silent);
  }

  MergedRun merge(const std::string& out, const std::vector<std::string>& names) {
    std::vector<fs::path> files;
    for (const std::string& name : names) files.push_back(file(name));
    return merge_runs(file(out), files);
  }
  std::string error_of_merge(const std::vector<std::string>& names) {
    try {
      merge("refused.run", names);
      return "";
    } catch (const UsageError& error) {
      EXPECT_FALSE(fs::exists(file("refused.run")));
      return error.what();
    }
  }

  /// Every row of a file, as text.
  std::vector<std::string> rows(const std::string& name) const {
    std::vector<std::string> all;
    RunFileReader(file(name)).for_each_row(false, [&all](const TaskRow& row) {
      ByteWriter out;
      for (const Value& value : row.values) encode(out, value);
      std::string text =
          std::to_string(row.task.value()) + " " + std::string(name_of(row.status)) + " " + row.error + " ";
      for (const std::byte byte : out.bytes()) text += static_cast<char>(byte);
      all.push_back(text);
    });
    return all;
  }

 private:
  fs::path folder_;
};

void expect_same(const std::vector<reduce::Answer>& a, const std::vector<reduce::Answer>& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    ASSERT_EQ(a[i].rows.size(), b[i].rows.size()) << a[i].name;
    for (std::size_t row = 0; row < a[i].rows.size(); ++row) {
      EXPECT_EQ(a[i].rows[row].keys, b[i].rows[row].keys) << a[i].name;
      EXPECT_EQ(a[i].rows[row].value, b[i].rows[row].value) << a[i].name;
      EXPECT_EQ(a[i].rows[row].tasks, b[i].rows[row].tasks) << a[i].name;
    }
  }
}

const std::string reductions = R"toml(
[reduce]
n = "count()"
total = "sum(y)"
mean = "mean(y) by k"
spread = "std(y)"
best = "argmax(y)"
middle = "median(y)"
shape = "histogram(y, 0, 40, 7)"
codes = "count() by status"
)toml";

/// Some tasks fail, some are left out, sums are not exact in floating point.
const std::string kernel_job = R"toml(
where = "i % 7 != 3"
[params]
k = [1, 2, 3]
i = { count = 40 }
[values]
whole = "9223372036854775807 * (i % 13 == 1 ? 2 : 1)"
y = "0.1 * i + k / 3.0 + 0 * whole"
)toml" + reductions;

const std::string program_job = R"toml(
[params]
k = [1, 2]
i = { count = 6 }
[task]
shell = "test {i} -ne 4 && echo {i}.{k}"
[values]
y = "value / 3"
)toml" + reductions;

/// Cuts 0 … size−1 into ranges and deals them out to files.
struct Split {
  std::vector<std::string> names;                         // of the files that have tasks
  std::vector<std::pair<std::string, TaskRange>> ranges;  // in a random order
};
Split random_split(std::uint64_t size, std::mt19937_64& random) {
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  std::vector<std::uint64_t> cuts{0, size};
  for (std::uint64_t count = below(9); count > 0; --count) cuts.push_back(below(size));
  std::sort(cuts.begin(), cuts.end());
  const std::uint64_t files = 1 + below(4);
  Split split;
  for (std::size_t i = 0; i + 1 < cuts.size(); ++i) {
    const TaskRange range{cuts[i], cuts[i + 1]};
    if (range.empty()) continue;
    const std::string name = "part" + std::to_string(below(files)) + ".run";
    split.ranges.emplace_back(name, range);
    if (std::find(split.names.begin(), split.names.end(), name) == split.names.end())
      split.names.push_back(name);
  }
  std::shuffle(split.ranges.begin(), split.ranges.end(), random);
  std::shuffle(split.names.begin(), split.names.end(), random);
  return split;
}

void expect_any_split_gives_the_bits_of_one_run(const std::string& text, std::uint64_t size) {
  Parts parts(text);
  const RunResult whole = parts.run("whole.run", std::nullopt);
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    SCOPED_TRACE(seed);
    std::mt19937_64 random(seed);
    const Split split = random_split(size, random);
    for (const std::string& name : split.names) fs::remove(parts.file(name));
    fs::remove(parts.file("merged.run"));
    for (const auto& [name, range] : split.ranges) parts.run(name, range);
    const MergedRun merged = parts.merge("merged.run", split.names);
    expect_same(merged.answers, whole.answers);
    EXPECT_EQ(merged.finished, whole.finished);
    EXPECT_EQ(merged.failed, whole.failed);
    EXPECT_EQ(parts.rows("merged.run"), parts.rows("whole.run"));
    EXPECT_THAT(verify_run(parts.file("merged.run"), source_registry()).problems, ElementsAre());
    // The merged file is a run file like any other: nothing is left to do, and the answer is in it.
    const RunResult again = parts.run("merged.run", std::nullopt);
    EXPECT_EQ(again.executed, 0U);
    expect_same(again.answers, whole.answers);
  }
}

TEST(Merge, AnySplitOfKeptValuesGivesTheBitsOfOneRun) {
  expect_any_split_gives_the_bits_of_one_run(kernel_job, 120);
}
TEST(Merge, AnySplitWithoutKeptValuesGivesTheBitsOfOneRun) {
  expect_any_split_gives_the_bits_of_one_run(kernel_job + "[run]\nkeep = \"none\"\n", 120);
}

TEST(Merge, ProgramsKeepTheirRowsOutputAndFailures) {
  Parts parts(program_job);
  const RunResult whole = parts.run("whole.run", std::nullopt);
  parts.run("a.run", TaskRange{0, 5});
  parts.run("b.run", TaskRange{5, 12});
  const MergedRun merged = parts.merge("merged.run", {"b.run", "a.run"});
  expect_same(merged.answers, whole.answers);
  EXPECT_EQ(merged.failed, 2U);
  EXPECT_EQ(parts.rows("merged.run"), parts.rows("whole.run"));
  const Verification verified = verify_run(parts.file("merged.run"), source_registry());
  EXPECT_THAT(verified.problems, ElementsAre());
  EXPECT_EQ(verified.unchecked_rows, 0U);
  const RunFileReader file(parts.file("merged.run"));
  EXPECT_EQ(file.captured(TaskIndex(7))->output, "1.2\n");
  ASSERT_EQ(file.executions().size(), 2U);
  EXPECT_EQ(file.row(TaskIndex(2))->execution, 2U) << "executions are numbered in the order of the files";
  std::vector<std::uint32_t> executions_with_events;
  file.for_each_event([&](std::uint32_t execution, const Event& event) {
    if (event.kind == Event::Kind::run_started) executions_with_events.push_back(execution);
  });
  EXPECT_THAT(executions_with_events, ElementsAre(1, 2));
}

TEST(Merge, OverlappingRunsCountATaskOnce) {
  for (const std::string& text : {kernel_job, program_job}) {
    Parts parts(text);
    const RunResult whole = parts.run("whole.run", std::nullopt);
    parts.run("a.run", TaskRange{0, 8});
    parts.run("b.run", TaskRange{3, 12});
    if (text == kernel_job) parts.run("b.run", TaskRange{2, 120});
    const MergedRun merged = parts.merge("merged.run", {"a.run", "b.run"});
    expect_same(merged.answers, whole.answers);
    EXPECT_EQ(merged.repeated, text == kernel_job ? 6U : 5U);
    EXPECT_EQ(merged.failed, whole.failed);
    EXPECT_EQ(parts.rows("merged.run"), parts.rows("whole.run"));
    expect_same(parts.run("merged.run", std::nullopt).answers, whole.answers);
  }
}

TEST(Merge, OfATaskThatFailedInOneRunTheOtherCounts) {
  Parts parts(
      "[params]\ni = { count = 4 }\n[task]\nshell = \"{ test {i} -lt 2 || test -e mended; } && echo {i}\"\n"
      "[reduce]\nt = \"sum(value)\"\n");
  EXPECT_EQ(parts.run("a.run", std::nullopt).failed, 2U);
  std::ofstream(parts.file("mended")).flush();
  EXPECT_EQ(parts.run("b.run", TaskRange{1, 3}).failed, 0U);
  const MergedRun merged = parts.merge("merged.run", {"a.run", "b.run"});
  EXPECT_EQ(merged.failed, 1U);
  EXPECT_EQ(std::get<double>(merged.answers[0].rows[0].value), 0.0 + 1 + 2);
}

TEST(Merge, WithoutValuesARunInsideAnotherAddsNothingAndOverlapsAreRefused) {
  Parts parts(kernel_job + "[run]\nkeep = \"none\"\n");
  const RunResult whole = parts.run("whole.run", std::nullopt);
  parts.run("inner.run", TaskRange{10, 20});
  expect_same(parts.merge("merged.run", {"inner.run", "whole.run"}).answers, whole.answers);
  parts.run("a.run", TaskRange{0, 60});
  parts.run("b.run", TaskRange{50, 120});
  EXPECT_THAT(parts.error_of_merge({"a.run", "b.run"}), HasSubstr("both have 10 of the tasks"));
}

TEST(Merge, RefusesOtherJobsAndFilesThatAreThere) {
  Parts parts(kernel_job);
  parts.run("a.run", TaskRange{0, 60});
  std::string other = kernel_job;
  other.replace(other.find("count = 40"), 10, "count = 41");
  parts.write_job(other);
  parts.run("b.run", TaskRange{60, 120});
  EXPECT_THAT(parts.error_of_merge({"a.run", "b.run"}), HasSubstr("are runs of different jobs:\n  params.i"));
  try {
    parts.merge("a.run", {"b.run"});
    FAIL() << "a file was replaced";
  } catch (const UsageError& error) {
    EXPECT_THAT(error.what(), HasSubstr("is there already"));
  }
}

}  // namespace
}  // namespace fanfold
