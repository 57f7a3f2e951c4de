// The axes that are random, read from files, computed, or advance together; which tasks `where` leaves; and
// what random numbers depend on.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>
#include <regex>
#include <set>

#include "core/random_keys.hpp"
#include "job/task_filter.hpp"
#include "job_builder.hpp"

namespace fanfold::test {
namespace {

using Integer = std::int64_t;
using testing::ElementsAre;

const std::string any_task = "[task]\nshell = \"true\"\n";

JobSource with_input(const std::string& text, const std::string& key, std::string data) {
  JobSource source = source_of(text);
  source.inputs.emplace_back(key, std::move(data));
  return source;
}

/// The values of one param, in the order of the tasks.
std::vector<Value> values_of(const Job& job, std::size_t slot) {
  ColumnBuffer column;
  column.reset(job.space.type(slot), job.size());
  job.space.fill(slot, TaskIndex(0), job.size(), column);
  std::vector<Value> values;
  for (std::size_t row = 0; row < job.size(); ++row) values.push_back(column.view().value(row));
  return values;
}

std::vector<double> reals_of(const std::string& axis, const std::string& head = "") {
  const auto job = open(head + "[params]\nu = " + axis + "\n" + any_task);
  std::vector<double> reals;
  for (const Value& value : values_of(*job, 0)) reals.push_back(std::get<double>(value));
  return reals;
}

/// An axis of a job file, with what its file says, if it reads one.
struct AxisText {
  std::string name;
  std::string text;
  std::string data;
  std::uint64_t size = 0;

  JobSource alone() const { return with_input("[params]\n" + line() + any_task, "params." + name, data); }
  std::string line() const { return name + " = " + text + "\n"; }
};

AxisText any_axis(const std::string& name) {
  const auto size = *rc::gen::inRange<std::uint64_t>(1, 7);
  const std::string count = ", count = " + std::to_string(size) + " }";
  std::string lines;
  for (std::uint64_t i = 0; i < size; ++i) lines += name + " " + std::to_string(i * i) + "\n";
  switch (*rc::gen::inRange(0, 9)) {
    case 0:
      return {name, "{ uniform = [2, 4]" + count, "", size};
    case 1:
      return {name, "{ normal = [10, 2]" + count, "", size};
    case 2:
      return {name, "{ log_uniform = [1e-4, 1.0]" + count, "", size};
    case 3:
      return {name, "{ sample = " + std::to_string(size) + ", from = -5, to = 20 }", "", size};
    case 4:
      return {name, "{ lines = \"lines.txt\" }", lines, size};
    case 5:
      return {name, "{ csv = \"table.csv\" }",
              name + "a," + name + "b\n" + std::regex_replace(lines, std::regex(" "), ","), size};
    case 6:
      std::replace(lines.begin(), lines.end(), '\n', '\0');
      return {name, "{ glob = \"*.txt\" }", lines, size};
    case 7:
      return {name, "{ zip = { " + name + "x = { count = 3 }, " + name + "y = [\"a\", \"b\", \"c\"] } }", "",
              3};
    default:
      return {name,
              "{ from = 0.5, to = 2" +
                  (size > 1 ? ", steps = " + std::to_string(size) : std::string(", steps = 2")) + " }",
              "", std::max<std::uint64_t>(size, 2)};
  }
}

RC_GTEST_PROP(Axes, of_every_kind_count_like_nested_loops_whose_last_is_the_fastest, ()) {
  std::vector<AxisText> axes;
  JobSource source = source_of("[params]\n");
  std::uint64_t size = 1;
  const int count = *rc::gen::inRange(1, 4);
  for (int i = 0; i < count; ++i) {
    axes.push_back(any_axis("p" + std::to_string(i)));
    source.text += axes.back().line();
    source.inputs.emplace_back("params." + axes.back().name, axes.back().data);
    size *= axes.back().size;
  }
  source.text += any_task;
  const auto job = open(source);
  RC_ASSERT(job->size() == size);
  std::size_t slot = 0;
  std::uint64_t stride = size;
  for (const AxisText& axis : axes) {
    stride /= axis.size;
    const auto alone = open(axis.alone());
    RC_ASSERT(alone->size() == axis.size);
    for (std::size_t column = 0; column < alone->space.param_count(); ++column, ++slot) {
      RC_ASSERT(job->space.name(slot) == alone->space.name(column));
      const std::vector<Value> values = values_of(*alone, column);
      const std::vector<Value> all = values_of(*job, slot);
      for (std::uint64_t task = 0; task < size; ++task) {
        RC_ASSERT(all[task] == values[task / stride % axis.size]);
        RC_ASSERT(all[task] == job->space.params_of(TaskIndex(task))[slot]);
      }
    }
  }
  RC_ASSERT(slot == job->space.param_count());
}

RC_GTEST_PROP(Where, leaves_the_tasks_whose_params_meet_it, ()) {
  const auto limit = *rc::gen::inRange(-2, 12);
  const auto job = open(
      "where = \"twice + k < " + std::to_string(limit) +
      "\"\n[params]\ni = { count = 4 }\nk = { from = 0, to = 3, step = 1 }\ntwice = { expr = \"2 * i\" }\n" +
      any_task);
  TaskFilter filter(*job);
  for (std::uint64_t task = 0; task < job->size(); ++task) {
    const std::vector<Value> params = job->space.params_of(TaskIndex(task));
    RC_ASSERT(std::get<Integer>(params[2]) == 2 * std::get<Integer>(params[0]));
    const bool meets = std::get<Integer>(params[2]) + std::get<Integer>(params[1]) < limit;
    RC_ASSERT(filter.meets(TaskIndex(task)) == meets);
  }
}

TEST(LinesAxis, has_the_lines_that_are_not_blank) {
  const std::string text = "[params]\nurl = { lines = \"urls.txt\" }\n" + any_task;
  const auto job = open(with_input(text, "params.url",
                                   "\xEF\xBB\xBF"
                                   "a b\r\n\n \t\r\n  c'd\nlast"));
  EXPECT_THAT(values_of(*job, 0), ElementsAre(Value(std::string("a b")), Value(std::string("  c'd")),
                                              Value(std::string("last"))));
  EXPECT_EQ(fingerprint_of(*job, "params.url").substr(0, 9), "3 lines, ");
}

TEST(CsvAxis, makes_a_param_of_each_column) {
  const std::string text =
      "[params]\nrow = { csv = \"p.csv\", as = { \"site id\" = \"site\" } }\nk = [1, 2]\n" + any_task;
  const auto job = open(with_input(text, "params.row", "site id,x,n\n\"a\"\"b\",0.5,1\nc,,2\nd,1,3\n"));
  EXPECT_EQ(job->size(), 6U);
  ASSERT_EQ(job->space.param_count(), 4U);
  EXPECT_EQ(job->space.name(0), "site");
  const std::vector<Value> params = job->space.params_of(TaskIndex(5));
  EXPECT_EQ(params, (std::vector<Value>{std::string("d"), 1.0, Integer{3}, Integer{2}}));
  EXPECT_EQ(job->space.params_of(TaskIndex(0))[0], Value(std::string("a\"b")));
  EXPECT_TRUE(std::isnan(std::get<double>(job->space.params_of(TaskIndex(2))[1])));
  EXPECT_EQ(fingerprint_of(*job, "params.row").substr(0, 8), "3 rows, ");
}

TEST(ZipAxis, advances_its_parts_together) {
  const auto job =
      open("[params]\nk = [7, 8]\ncase = { zip = { a = [1, 2], b = [\"u\", \"v\"] } }\n" + any_task);
  EXPECT_EQ(job->size(), 4U);
  EXPECT_EQ(job->space.params_of(TaskIndex(1)),
            (std::vector<Value>{Integer{7}, Integer{2}, std::string("v")}));
  EXPECT_EQ(job->space.params_of(TaskIndex(2)),
            (std::vector<Value>{Integer{8}, Integer{1}, std::string("u")}));
}

TEST(ZipAxis, may_hold_lines_and_ranges) {
  const std::string text =
      "[params]\npair = { zip = { file = { lines = \"f\" }, x = { from = 0, to = 1, steps = 3 } } }\n" +
      any_task;
  const auto job = open(with_input(text, "params.pair.file", "a\nb\nc\n"));
  EXPECT_EQ(job->space.params_of(TaskIndex(1)), (std::vector<Value>{std::string("b"), 0.5}));
  const auto other = open(with_input(text, "params.pair.file", "a\nb\nd\n"));
  EXPECT_NE(fingerprint_of(*job, "params.pair"), fingerprint_of(*other, "params.pair"));
}

RC_GTEST_PROP(ZipAxis, fills_any_range_as_its_parts_do, ()) {
  TaskSpace space;
  const auto outer = *rc::gen::inRange<std::uint64_t>(1, 9);
  const auto length = *rc::gen::inRange<std::uint64_t>(1, 9);
  const auto inner = *rc::gen::inRange<std::uint64_t>(1, 9);
  space.add("outer", make_count_axis(outer));
  std::vector<TaskSpace::NamedAxis> parts;
  parts.push_back({"a", make_count_axis(length)});
  parts.push_back(
      {"b", make_step_axis(Integer{0}, Integer{10} * static_cast<Integer>(length - 1), Integer{10})});
  space.add_together(std::move(parts));
  space.add("inner", make_count_axis(inner));
  RC_ASSERT(space.size() == outer * length * inner);
  const std::uint64_t first = *rc::gen::inRange<std::uint64_t>(0, space.size());
  const auto count = *rc::gen::inRange<std::size_t>(1, space.size() - first + 1);
  ColumnBuffer column;
  for (std::size_t slot = 0; slot < 4; ++slot) {
    column.reset(Type::integer, count);
    space.fill(slot, TaskIndex(first), count, column);
    for (std::size_t row = 0; row < count; ++row) {
      const std::uint64_t index = first + row;
      const std::uint64_t at = index / inner % length;
      const std::uint64_t expected[] = {index / inner / length, at, 10 * at, index % inner};
      RC_ASSERT(column.integers()[row] == static_cast<Integer>(expected[slot]));
    }
  }
  RC_ASSERT(space.dimension_count() == 3U);
  RC_ASSERT(space.position(TaskIndex(first), 1) == space.position(TaskIndex(first), 2));
  std::vector<std::uint64_t> positions;
  for (const std::size_t slot : {0U, 1U, 3U}) positions.push_back(space.position(TaskIndex(first), slot));
  RC_ASSERT(space.task_at(positions) == TaskIndex(first));
}

TEST(DerivedParam, is_computed_from_those_above_it) {
  const auto job = open(
      "[params]\nx = [1, 2, 3]\ny = { expr = \"2 * x\" }\nz = { expr = \"y / 4\" }\n"
      "name = { expr = \"x > 2 ? 'big' : 'small'\" }\n" +
      any_task);
  EXPECT_EQ(job->size(), 3U);
  EXPECT_EQ(job->space.params_of(TaskIndex(2)),
            (std::vector<Value>{Integer{3}, Integer{6}, 1.5, std::string("big")}));
  EXPECT_EQ(values_of(*job, 1), (std::vector<Value>{Integer{2}, Integer{4}, Integer{6}}));
  EXPECT_NE(job->space.program(1), nullptr);
  EXPECT_EQ(job->space.program(0), nullptr);
}

TEST(DerivedParam, that_fails_says_for_which_tasks) {
  const auto job = open("[params]\nx = [1, 9223372036854775807]\ny = { expr = \"2 * x\" }\n" + any_task);
  RowFailures failures;
  failures.reset(2);
  ColumnBuffer column;
  column.reset(Type::integer, 2);
  job->space.fill(1, TaskIndex(0), 2, column, 0, &failures);
  EXPECT_FALSE(failures.failed(0));
  EXPECT_TRUE(failures.failed(1));
  EXPECT_EQ(column.integers()[1], 0);
}

TEST(RandomAxis, has_the_same_values_whenever_and_in_whatever_pieces) {
  const auto job = open("seed = 7\n[params]\nu = { normal = [10, 2], count = 1000 }\n" + any_task);
  const std::vector<Value> all = values_of(*job, 0);
  ColumnBuffer column;
  column.reset(Type::real, 10);
  job->space.fill(0, TaskIndex(503), 10, column);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(Value(column.reals()[i]), all[503 + i]);
  EXPECT_EQ(reals_of("{ normal = [10, 2], count = 1000 }", "seed = 7\n")[503], std::get<double>(all[503]));
  EXPECT_NE(reals_of("{ normal = [10, 2], count = 1000 }", "seed = 8\n")[503], std::get<double>(all[503]));
}

TEST(RandomAxis, follows_its_distribution) {
  const auto mean_of = [](const std::vector<double>& values) {
    double sum = 0;
    for (const double value : values) sum += value;
    return sum / static_cast<double>(values.size());
  };
  // Bounds of five standard errors.
  const auto uniform = reals_of("{ uniform = [2, 4], count = 100000 }");
  EXPECT_NEAR(mean_of(uniform), 3, 5 * 0.5774 / 316.2);
  EXPECT_GE(*std::min_element(uniform.begin(), uniform.end()), 2);
  EXPECT_LE(*std::max_element(uniform.begin(), uniform.end()), 4);
  auto normal = reals_of("{ normal = [10, 2], count = 100000 }");
  EXPECT_NEAR(mean_of(normal), 10, 5 * 2 / 316.2);
  for (double& value : normal) value = (value - 10) * (value - 10);
  EXPECT_NEAR(mean_of(normal), 4, 5 * 4 * 1.4142 / 316.2);
  auto logarithmic = reals_of("{ log_uniform = [1e-4, 1.0], count = 100000 }");
  EXPECT_GE(*std::min_element(logarithmic.begin(), logarithmic.end()), 1e-4);
  EXPECT_LE(*std::max_element(logarithmic.begin(), logarithmic.end()), 1.0);
  for (double& value : logarithmic) value = std::log10(value);
  EXPECT_NEAR(mean_of(logarithmic), -2, 5 * 1.1547 / 316.2);
}

TEST(RandomAxis, of_another_name_is_another) {
  const auto job =
      open("[params]\nu = { uniform = [0, 1], count = 3 }\nv = { uniform = [0, 1], count = 3 }\n" + any_task);
  EXPECT_NE(job->space.params_of(TaskIndex(0))[0], job->space.params_of(TaskIndex(0))[1]);
}

RC_GTEST_PROP(SampleAxis, has_each_integer_at_most_once, ()) {
  const auto from = *rc::gen::inRange<Integer>(-1000, 1000);
  const auto size = *rc::gen::inRange<std::uint64_t>(1, 600);
  const auto count = *rc::gen::inRange<std::uint64_t>(1, size + 1);
  const auto axis = make_sample_axis(from, from + static_cast<Integer>(size) - 1, count,
                                     RandomStream({*rc::gen::arbitrary<std::uint32_t>(), 7}, 3));
  RC_ASSERT(axis->size() == count);
  ColumnBuffer column;
  column.reset(Type::integer, count);
  axis->fill(0, count, column, 0);
  const std::set<Integer> values(column.integers().begin(), column.integers().end());
  RC_ASSERT(values.size() == count);
  RC_ASSERT(*values.begin() >= from);
  RC_ASSERT(*values.rbegin() < from + static_cast<Integer>(size));
}

TEST(SampleAxis, may_be_of_all_integers) {
  const auto axis = make_sample_axis(INT64_MIN, INT64_MAX, 1000, RandomStream({1, 2}, 3));
  ColumnBuffer column;
  column.reset(Type::integer, 1000);
  axis->fill(0, 1000, column, 0);
  EXPECT_EQ(std::set<Integer>(column.integers().begin(), column.integers().end()).size(), 1000U);
}

TEST(Where, is_met_by_some_tasks) {
  const auto job = open("where = \"x < y\"\n[params]\nx = { count = 100 }\ny = { count = 100 }\n" + any_task);
  EXPECT_EQ(job->size(), 10000U);
  TaskFilter filter(*job);
  EXPECT_TRUE(filter.meets(TaskIndex(1)));
  EXPECT_FALSE(filter.meets(TaskIndex(101)));
  const TaskRange ranges[] = {{250, 3000}, {5000, 5100}};
  TaskSet met;
  for (const TaskRange& range : filter.of(ranges).tasks) met.insert(range);
  EXPECT_TRUE(filter.of(ranges).failures.empty());
  for (std::uint64_t index = 0; index < 10000; ++index) {
    const bool is_asked_for = (index >= 250 && index < 3000) || (index >= 5000 && index < 5100);
    ASSERT_EQ(met.contains(TaskIndex(index)), is_asked_for && index / 100 < index % 100) << index;
  }
  EXPECT_EQ(filter.count({0, 10000}), 4950U);
  EXPECT_EQ(fingerprint_of(*job, "where"), "\"x < y\"");
}

TEST(Where, that_cannot_be_evaluated_lets_the_task_fail) {
  const auto job = open("where = \"x * x > 4\"\n[params]\nx = [1, 3, 9223372036854775807]\n" + any_task);
  TaskFilter filter(*job);
  const TaskRange all{0, 3};
  const TaskFilter::Met& met = filter.of({&all, 1});
  EXPECT_EQ(met.tasks, (TaskList{{1, 3}}));
  ASSERT_EQ(met.failures.size(), 1U);
  EXPECT_EQ(met.failures[0].task, TaskIndex(2));
  EXPECT_EQ(met.failures[0].reason, "where: integer overflow in 'x * x'");
  EXPECT_TRUE(filter.meets(TaskIndex(2)));
}

TEST(SeedBy, makes_random_numbers_depend_on_some_params_only) {
  const std::string params = "[params]\nmodel = [\"a\", \"b\"]\nreplica = [5, 6]\nx = [0.5, 1.5]\n";
  const auto by_replica = open(params + any_task + "seed_by = [\"replica\"]\n");
  EXPECT_EQ(by_replica->seed_of(TaskIndex(0)), by_replica->seed_of(TaskIndex(1)));
  EXPECT_EQ(by_replica->seed_of(TaskIndex(0)), by_replica->seed_of(TaskIndex(4)));
  EXPECT_NE(by_replica->seed_of(TaskIndex(0)), by_replica->seed_of(TaskIndex(2)));
  EXPECT_EQ(by_replica->stream_of(TaskIndex(2)), 1U);
  const auto by_two = open(params + any_task + "seed_by = [\"x\", \"model\"]\n");
  std::set<std::uint64_t> streams;
  for (std::uint64_t index = 0; index < 8; ++index) streams.insert(by_two->stream_of(TaskIndex(index)));
  EXPECT_EQ(streams.size(), 4U);
  EXPECT_EQ(fingerprint_of(*by_two, "task.seed_by"), "[\"x\", \"model\"]");
  const auto by_index = open(params + any_task);
  EXPECT_EQ(by_index->stream_of(TaskIndex(7)), 7U);
}

std::string csv_errors(const std::string& data, const std::string& as = "") {
  return errors_of(
      with_input("[params]\nrow = { csv = \"p.csv\"" + as + " }\n" + any_task, "params.row", data));
}

TEST(CsvAxis, names_what_is_wrong_with_its_table) {
  EXPECT_EQ(csv_errors(""), "job.toml:2:15: the file 'p.csv', line 1: there is no header");
  EXPECT_EQ(csv_errors("a,b\n"), "job.toml:2:15: the file 'p.csv' has no row below its header");
  EXPECT_EQ(csv_errors("a,b\n1,2\n3\n"),
            "job.toml:2:15: the file 'p.csv', line 3: the row has 1 cell, but the header has 2");
  EXPECT_EQ(csv_errors("a,a\n1,2\n"),
            "job.toml:2:15: the file 'p.csv', line 1: two columns have the name 'a'");
  EXPECT_EQ(csv_errors("site id,b\n1,2\n"),
            "job.toml:2:15: the column 'site id' of 'p.csv' cannot be the name of a param; rename it: as = "
            "{ \"site id\" = \"a_name\" }");
  EXPECT_EQ(csv_errors("a,b\n1,2\n", ", as = { c = \"d\" }"), "job.toml:2:31: no column has the name 'c'");
  EXPECT_EQ(csv_errors("alpha,b\n1,2\n", ", as = { alpa = \"d\" }"),
            "job.toml:2:31: no column has the name 'alpa'; did you mean 'alpha'?");
  EXPECT_EQ(csv_errors("a,b\n1,2\n", ", as = { a = 3 }"),
            "job.toml:2:35: 'a' must be a string, not an integer");
  EXPECT_EQ(csv_errors("a,b\n1,2\n", ", as = 3"),
            "job.toml:2:29: 'as' must be a table of new names by headers, such as { \"site id\" = \"site\" "
            "}, not an integer");
  EXPECT_EQ(csv_errors("a,b\n1,2\n", ", as = { a = \"b\" }"),
            "job.toml:2:15: 'b' cannot be the name of a param: a param has this name");
  EXPECT_EQ(csv_errors("a,sum\n1,2\n"),
            "job.toml:2:15: the column 'sum' of 'p.csv' cannot be the name of a param, for it is a word of "
            "expressions; rename it: as = { \"sum\" = \"a_name\" }");
  EXPECT_EQ(
      csv_errors("a;b\n1;2\n"),
      "job.toml:2:15: the header of 'p.csv' is one cell: its cells are separated by semicolons, it seems, "
      "not by commas");
  EXPECT_EQ(
      csv_errors("a\tb\n1\t2\n"),
      "job.toml:2:15: the header of 'p.csv' is one cell: its cells are separated by tabs, it seems, not by "
      "commas");
  EXPECT_EQ(csv_errors("\xFF\xFE"
                       "a"),
            "job.toml:2:15: the file 'p.csv', line 1: it is in UTF-16: save it in UTF-8");
  EXPECT_EQ(
      csv_errors("\"a \"\"b\"\"\",c\n1,2\n"),
      "job.toml:2:15: the column 'a \"b\"' of 'p.csv' cannot be the name of a param; rename it: as = { \"a "
      "\\\"b\\\"\" = \"a_name\" }");
  EXPECT_EQ(csv_errors("a,\"b\n1,2\n"),
            "job.toml:2:15: the file 'p.csv', line 1: a quoted cell does not end");
}

TEST(CsvAxis, that_is_text_where_a_number_is_needed_says_for_which_cell) {
  const auto errors = [](const std::string& rest) {
    return errors_of(with_input("[params]\nrow = { csv = \"p.csv\", as = { h = \"height\" } }\n" + rest,
                                "params.row", "h,x\n1,2\n2,3\nn/a?,4\n"));
  };
  const std::string cause = "'height' is text (because of 'n/a?' in line 4 of 'p.csv')";
  EXPECT_EQ(errors("[values]\ny = \"2 * height\"\n"), "job.toml:4:10: '*' takes numbers, but " + cause);
  EXPECT_EQ(
      errors("[values]\ny = \"height < 3\"\n"),
      "job.toml:4:15: '<' compares numbers with numbers, texts with texts; " + cause + ", '3' is integer");
  EXPECT_EQ(errors(any_task + "cost = \"height\"\n"),
            "job.toml:5:8: 'cost' must be a number, but the expression gives text; " + cause);
  EXPECT_EQ(errors(any_task + "[reduce]\nm = \"mean(height)\"\n"),
            "job.toml:6:11: mean needs a number; " + cause);
  EXPECT_EQ(errors("[task]\nkernel = \"range_sum\"\nto = 5\nfrom = \"length(x) + height\"\n"),
            "job.toml:6:16: 'length' takes texts, but 'x' is integer")
      << "one at a time";
  EXPECT_EQ(
      errors_of(with_input("[params]\nrow = { csv = \"p.csv\" }\n[task]\nkernel = \"range_sum\"\n",
                           "params.row", "to\n1\n007\n")),
      "job.toml:2:15: 'to' must be an integer for the kernel 'range_sum', not text (because of the leading "
      "zeros of '007' in line 3 of 'p.csv')");
}

TEST(Inputs, that_could_not_be_read_are_named_with_all_else_that_is_wrong) {
  JobSource source = source_of("[params]\nurl = { lines = \"urls.txt\" }\nn = { count = 0 }\n" + any_task);
  source.inputs.emplace_back("params.url", "");
  source.inputs.back().error = "cannot read the file 'urls.txt': No such file or directory";
  EXPECT_EQ(errors_of(source),
            "job.toml:2:17: cannot read the file 'urls.txt': No such file or directory\n"
            "job.toml:3:15: 'count' must be at least 1, not 0");
}

}  // namespace
}  // namespace fanfold::test
