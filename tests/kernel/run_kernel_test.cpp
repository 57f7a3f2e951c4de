// Running a kernel over columns, whatever it does; and the list of kernels.
#include "kernel/run_kernel.hpp"

#include <gmock/gmock.h>

#include <functional>
#include <stdexcept>

#include "kernel/kernel_run.hpp"

namespace fanfold {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::Pair;

/// A kernel of one real parameter, x >= 0.5, one integer parameter, n >= 1.5, and three results; it records
/// the rows that it was called with.
class Recorder final : public Kernel {
 public:
  using Body = std::function<void(const Batch&, Results&)>;
  explicit Recorder(Body body) : body_(std::move(body)) {}
  const KernelInfo& info() const override { return info_; }
  void run(const Batch& batch, Results& results) const override {
    calls.emplace_back(batch.reals(0).begin(), batch.reals(0).end());
    body_(batch, results);
  }
  mutable std::vector<std::vector<double>> calls;

 private:
  KernelInfo info_{
      .name = "recorder",
      .summary = "for tests",
      .source = "",
      .takes_input = true,
      .draws_random = true,
      .parameters = {{"x", Type::real, "", {}, 0.5}, {"n", Type::integer, "", {}, 1.5}},
      .results = {{"twice", Type::real, ""}, {"stream", Type::integer, ""}, {"text", Type::text, ""}}};
  Body body_;
};

void compute(const Batch& batch, Results& results) {
  for (std::size_t task = 0; task < batch.size(); ++task) {
    results.reals(0)[task] = 2 * batch.reals(0)[task];
    results.integers(1)[task] = static_cast<std::int64_t>(batch.random(task).stream());
    std::string text(batch.input(task));
    results.text(2, task, text += "!");
  }
}

std::vector<std::pair<std::size_t, std::string>> failures_of(const KernelRun& run) {
  std::vector<std::pair<std::size_t, std::string>> all;
  for (const RowFailures::Failure& failure : run.failures.failures())
    all.emplace_back(failure.row, failure.reason);
  return all;
}

KernelRun five_rows(const Kernel& kernel) {
  KernelRun run(kernel);
  run.reals({1, 2, 3, 4, 5}).integers({2, 2, 2, 2, 2}).inputs({"a", "b", "c", "d", "e"}).random({1, 2}, 10);
  return run;
}

TEST(RunKernel, FillsTheColumnsInOneCall) {
  const Recorder kernel(compute);
  KernelRun run = five_rows(kernel);
  run.run();
  EXPECT_FALSE(run.failures.any());
  EXPECT_EQ(kernel.calls.size(), 1U);
  EXPECT_THAT(run.results[0].reals(), ElementsAre(2, 4, 6, 8, 10));
  EXPECT_THAT(run.results[1].integers(), ElementsAre(10, 11, 12, 13, 14));
  EXPECT_THAT(run.results[2].texts(), ElementsAre("a!", "b!", "c!", "d!", "e!"));
}

TEST(RunKernel, ShowsAKernelNoRowThatHasFailed) {
  const Recorder kernel(compute);
  KernelRun run = five_rows(kernel);
  run.failed_before(0).failed_before(2).run();
  EXPECT_THAT(kernel.calls, ElementsAre(ElementsAre(2), ElementsAre(4, 5)));
  EXPECT_EQ(run.results[0].reals()[1], 4);
  EXPECT_EQ(run.results[1].integers()[4], 14);
  EXPECT_EQ(run.results[2].texts()[3], "d!");
  EXPECT_THAT(failures_of(run), ElementsAre(Pair(0, "failed before"), Pair(2, "failed before")));
}

TEST(RunKernel, FailsRowsBelowTheMinimumOfAParameter) {
  const Recorder kernel(compute);
  KernelRun run(kernel);
  run.reals({0.5, 0.25, std::nan(""), 1})
      .integers({2, 2, 2, 1})
      .inputs({"", "", "", ""})
      .random({1, 2})
      .run();
  EXPECT_THAT(kernel.calls, ElementsAre(ElementsAre(0.5)));
  EXPECT_THAT(failures_of(run), ElementsAre(Pair(1, "x = 0.25 is below its minimum, 0.5"),
                                            Pair(2, "x = nan is below its minimum, 0.5"),
                                            Pair(3, "n = 1 is below its minimum, 2")));
}

TEST(RunKernel, FailsTheRowThatTheKernelFails) {
  const Recorder kernel([](const Batch& batch, Results& results) {
    compute(batch, results);
    results.fail(batch.size() - 1, "for a reason");
  });
  KernelRun run = five_rows(kernel);
  run.failed_before(2).run();
  EXPECT_THAT(failures_of(run),
              ElementsAre(Pair(2, "failed before"), Pair(1, "for a reason"), Pair(4, "for a reason")));
}

TEST(RunKernel, FailsTheRowsThatThrowAlone) {
  const Recorder kernel([](const Batch& batch, Results& results) {
    compute(batch, results);
    if (batch.reals(0)[0] == 4) throw std::runtime_error("no convergence");
  });
  KernelRun run = five_rows(kernel);
  run.failed_before(2).run();
  EXPECT_THAT(failures_of(run),
              ElementsAre(Pair(2, "failed before"), Pair(3, "kernel 'recorder': no convergence")));
  EXPECT_EQ(run.results[0].reals()[1], 4);
}

TEST(RunKernel, SurvivesWhateverIsThrown) {
  const Recorder kernel([](const Batch&, Results&) { throw 7; });
  KernelRun run = five_rows(kernel);
  run.run();
  EXPECT_EQ(run.failures.failures().size(), 5U);
  EXPECT_EQ(run.failures.failures()[0].reason,
            "kernel 'recorder' threw something that is not a std::exception");
}

TEST(Registry, FindsEachKernelByItsName) {
  EXPECT_THAT(kernel_names(),
              ElementsAreArray({"black_scholes", "count_down", "ep", "integrate", "mandelbrot", "moments",
                                "pi", "range_sum", "sort", "words"}));
  for (const std::string& name : kernel_names()) {
    ASSERT_NE(find_kernel(name), nullptr);
    EXPECT_EQ(find_kernel(name)->info().name, name);
  }
  EXPECT_EQ(find_kernel("no such kernel"), nullptr);
}

TEST(Registry, KernelsSayWhatTheyAre) {
  for (const std::string& name : kernel_names()) {
    const KernelInfo& info = find_kernel(name)->info();
    EXPECT_FALSE(info.summary.empty()) << name;
    EXPECT_FALSE(info.source.empty()) << name;
    EXPECT_FALSE(info.results.empty()) << name;
    for (const Parameter& parameter : info.parameters) {
      EXPECT_FALSE(parameter.description.empty()) << name << " " << parameter.name;
      if (!parameter.default_value) continue;
      EXPECT_EQ(type_of(*parameter.default_value), parameter.type) << name;
    }
    for (const Result& result : info.results)
      EXPECT_FALSE(result.description.empty()) << name << " " << result.name;
  }
}

}  // namespace
}  // namespace fanfold
