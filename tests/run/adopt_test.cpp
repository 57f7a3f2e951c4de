// Runs that begin with what a run of a job like them has found: the bits of a run from the beginning.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <random>

#include "exec/source.hpp"
#include "journal/run_file.hpp"
#include "run/local_transport.hpp"
#include "run/run.hpp"
#include "run/verify_run.hpp"
#include "silent_observer.hpp"

namespace fanfold {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class Adopt : public ::testing::Test {
 protected:
  Adopt() {
    std::string name = (fs::temp_directory_path() / "fanfold-adopt-XXXXXX").string();
    folder_ = mkdtemp(name.data());
  }
  ~Adopt() override { fs::remove_all(folder_); }

  RunResult run(const std::string& text, const std::string& file, const std::string& adopt = "") {
    std::ofstream(folder_ / "job.toml", std::ios::trunc) << text;
    const JobSource source = read_job(folder_ / "job.toml", {});
    const std::unique_ptr<const Job> job = open_job(source, source_registry());
    RunOptions options;
    options.run_file = folder_ / file;
    options.fresh = true;
    if (!adopt.empty()) options.adopt = folder_ / adopt;
    options.choose_threads = [](const Job&) { return Threads{2, 2}; };
    LocalTransport transport;
    SilentObserver silent;
    return run_coordinator(transport, *job, source, options, silent);
  }

  std::vector<std::vector<Value>> values(const std::string& file) const {
    std::vector<std::vector<Value>> all;
    RunFileReader(folder_ / file).for_each_row(false, [&all](const TaskRow& row) {
      all.push_back(row.values);
    });
    return all;
  }

  /// Runs two jobs from the beginning, and the second from the first.
  RunResult expect_adoption_changes_nothing(const std::string& before, const std::string& after) {
    run(before, "old.run");
    const RunResult fresh = run(after, "fresh.run");
    const RunResult adopted = run(after, "new.run", "old.run");
    EXPECT_EQ(adopted.finished, fresh.finished);
    EXPECT_EQ(adopted.failed, fresh.failed);
    EXPECT_EQ(adopted.left_out, fresh.left_out);
    EXPECT_EQ(adopted.executed + *adopted.adopted, fresh.executed);
    EXPECT_EQ(adopted.answers.size(), fresh.answers.size());
    for (std::size_t i = 0; i < fresh.answers.size(); ++i) {
      const reduce::Answer& a = adopted.answers[i];
      const reduce::Answer& b = fresh.answers[i];
      EXPECT_EQ(a.rows.size(), b.rows.size()) << a.name;
      for (std::size_t row = 0; row < std::min(a.rows.size(), b.rows.size()); ++row) {
        EXPECT_EQ(a.rows[row].keys, b.rows[row].keys) << a.name;
        EXPECT_EQ(a.rows[row].value, b.rows[row].value) << a.name;
        EXPECT_EQ(a.rows[row].tasks, b.rows[row].tasks) << a.name;
      }
    }
    EXPECT_EQ(values("new.run"), values("fresh.run"));
    EXPECT_THAT(verify_run(folder_ / "new.run", source_registry()).problems, ElementsAre());
    return adopted;
  }

  fs::path folder_;
};

/// A job of three axes in any order with any values; some tasks fail, sums are not exact in floating point,
/// some or no numbers are random.
std::string random_job(bool draws, std::mt19937_64& random) {
  const auto below = [&random](std::uint64_t end) { return random() % end; };
  std::vector<std::string> axes;
  for (const std::string name : {"samples", "b", "c"}) {
    std::string values;
    for (std::uint64_t count = 2 + below(6); count > 0; --count)
      values += (values.empty() ? "" : ", ") + std::to_string(below(6));
    axes.push_back(name + " = [" + values + "]\n");
  }
  std::shuffle(axes.begin(), axes.end(), random);
  std::string text = below(4) == 0 ? "where = \"b != c\"\n" : "";
  text += "[params]\n" + axes[0] + axes[1] + axes[2];
  if (draws) text += "[task]\nkernel = \"pi\"\n";
  if (draws && below(3) != 0) text += "seed_by = [\"b\"]\n";
  text += "[values]\nn = \"" + std::string(draws ? "hits" : "samples * samples") + "\"\n";
  text += R"toml(
whole = "9223372036854775807 * (b == 3 and c == 4 ? 2 : 1)"
y = "n / 3.0 + 0.1 * b + 0 * whole"
[reduce]
all = "count()"
total = "sum(y)"
mean = "mean(y) by c"
spread = "std(y)"
best = "argmax(y)"
first = "first(n)"
list = "collect(y)"
shape = "histogram(y, 0, 8, 7)"
codes = "count() by status"
)toml";
  return text;
}

TEST_F(Adopt, AnyChangeGivesTheBitsOfARunFromTheBeginning) {
  std::mt19937_64 random(1);
  std::uint64_t adopted = 0;
  for (int round = 0; round < 40; ++round) {
    SCOPED_TRACE(round);
    const bool draws = round % 2 == 0;
    const std::string before = random_job(draws, random);
    adopted += *expect_adoption_changes_nothing(before, random_job(draws, random)).adopted;
  }
  EXPECT_GT(adopted, 200U);
}

TEST_F(Adopt, ValuesThatTheNewRunDoesNotKeepAreReducedAllTheSame) {
  const std::string job = "[params]\ni = [3, 1, 2]\n[values]\ny = \"i / 3\"\n[reduce]\nt = \"sum(y)\"\n";
  const RunResult result =
      expect_adoption_changes_nothing(job, job + "u = \"max(y)\"\n[run]\nkeep = \"none\"\n");
  EXPECT_EQ(result.adopted, 3U);
  EXPECT_EQ(result.executed, 0U);
}

TEST_F(Adopt, ManyTasksThatAreMixedAtRandom) {
  const auto job = [](std::uint64_t seed) {
    return "seed = " + std::to_string(seed) +
           "\n[params]\ni = { sample = 30000, from = 1, to = 30000 }\ntext = { expr = \"i % 7 == 0 ? 'seven' "
           ": "
           "'none'\" }\n[values]\ny = \"i / 3\"\nt = \"text\"\n[reduce]\ns = \"sum(y)\"\nn = \"count() by "
           "t\"\n";
  };
  EXPECT_EQ(expect_adoption_changes_nothing(job(1), job(2)).adopted, 30000U);
}

}  // namespace
}  // namespace fanfold
