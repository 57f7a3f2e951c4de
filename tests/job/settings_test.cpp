// --set: what it changes, and what is said of a mistake in it.
#include <gtest/gtest.h>

#include "job_builder.hpp"

namespace fanfold::test {
namespace {

using Integer = std::int64_t;
using Settings = std::vector<std::pair<std::string, std::string>>;

const std::string sums = R"toml(
[params]
i = { count = 10 }
model = "linear"
[task]
kernel = "range_sum"
to = 100
[reduce]
total = "sum(sum)"
)toml";

const std::string programs = R"toml(
[params]
i = { count = 2 }
[task]
command = ["./sim", "{i}"]
env = { THREADS = "1" }
)toml";

JobSource with(const std::string& text, Settings settings) {
  JobSource source = source_of(text);
  source.overrides.set = std::move(settings);
  return source;
}

TEST(Settings, replace_keys_of_task_and_params) {
  const auto job = open(with(sums, {{"to", "50"}, {"params.i", "[3, 5]"}, {"task.from", "2"}}));
  EXPECT_EQ(job->size(), 2U);
  EXPECT_EQ(job->space.params_of(TaskIndex(1))[0], Value(Integer{5}));
  EXPECT_EQ(std::get<Value>(job->kernel->parameters[0]), Value(Integer{2}));
  EXPECT_EQ(std::get<Value>(job->kernel->parameters[1]), Value(Integer{50}));
  EXPECT_EQ(fingerprint_of(*job, "task.to"), "50");
  EXPECT_EQ(fingerprint_of(*job, "params.i"), "[3, 5]");
}

TEST(Settings, may_be_any_axis_and_any_key_in_it) {
  const auto range = open(with(sums, {{"i", "{ from = 0, to = 1, steps = 5 }"}}));
  EXPECT_EQ(range->size(), 5U);
  EXPECT_EQ(range->space.type(0), Type::real);
  EXPECT_EQ(open(with(sums, {{"i.count", "7"}}))->size(), 7U);
  const auto job = open(with(programs, {{"env.THREADS", "\"4\""}, {"task.cwd", "runs/{i}"}}));
  EXPECT_EQ(job->source->find("env")->templates.front().second.text(), "4");
  EXPECT_EQ(job->source->find("cwd")->templates.front().second.text(), "runs/{i}");
}

TEST(Settings, add_to_a_table_of_strings_or_make_it) {
  const auto env_of = [](const std::string& text, Settings settings) {
    std::string entries;
    const auto job = open(with(text, std::move(settings)));
    for (const auto& [name, value] : job->source->find("env")->templates)
      entries += name + "=" + value.text() + " ";
    return entries;
  };
  const std::string wordless = "[task]\ncommand = [\"./sim\"]\n";
  EXPECT_EQ(env_of(wordless, {{"env.A", "x y"}, {"task.env.B", "{index}"}}), "A=x y B={index} ");
  EXPECT_EQ(env_of(programs, {{"env.B", "\"2\""}}), "THREADS=1 B=2 ");
  EXPECT_EQ(env_of(programs, {{"env.THREADS", "04"}, {"env.B", "2.50"}}), "THREADS=04 B=2.50 ")
      << "numbers as they are written";
  EXPECT_EQ(errors_of(with(wordless, {{"env.A.B", "3"}})),
            "fanfold: --set env.A.B=3: unknown key 'A' in [task.env]");
  EXPECT_EQ(
      errors_of(with(sums, {{"env.A", "3"}})).find("fanfold: --set env.A=3: unknown key 'env'; known: "), 0U)
      << "a kernel has no environment";
}

TEST(Settings, that_are_options_of_their_own_are_named) {
  EXPECT_EQ(errors_of(with(sums, {{"retries", "2"}})),
            "fanfold: --set retries=2: it is no key of [task] or [params]; write --retries=2");
  EXPECT_EQ(errors_of(with(sums, {{"run.io_threads", "2"}})),
            "fanfold: --set run.io_threads=2: it is no key of [task] or [params]; write --io-threads=2");
  EXPECT_EQ(errors_of(with(sums, {{"seed", "7"}})),
            "fanfold: --set seed=7: it is no key of [task] or [params]; write --seed=7");
  EXPECT_EQ(errors_of(with(programs, {{"timeout", "7"}})), "") << "a key of commands, too";
}

TEST(Settings, apply_in_their_order) {
  EXPECT_EQ(open(with(sums, {{"i", "{ count = 3 }"}, {"i.count", "4"}}))->size(), 4U);
  const std::string wordless = "[task]\nkernel = \"range_sum\"\nto = 3\n";
  EXPECT_EQ(errors_of(with(wordless, {{"to", "x"}, {"to", "5"}})), "");
}

TEST(Settings, that_are_no_toml_are_strings) {
  const auto model_of = [](const std::string& text) {
    return open(with(sums, {{"model", text}}))->space.params_of(TaskIndex(0))[1];
  };
  EXPECT_EQ(model_of("cubic"), Value(std::string("cubic")));
  EXPECT_EQ(model_of("\"cubic\""), Value(std::string("cubic")));
  EXPECT_EQ(model_of("a b = c"), Value(std::string("a b = c")));
  EXPECT_EQ(model_of("data/é.txt"), Value(std::string("data/é.txt")));
  EXPECT_EQ(model_of("2024-01-31"), Value(std::string("2024-01-31")));
  EXPECT_EQ(model_of("1\ni = 3"), Value(std::string("1\ni = 3")));
  EXPECT_EQ(model_of(""), Value(std::string()));
  EXPECT_EQ(model_of("1e3"), Value(1000.0));
  EXPECT_EQ(model_of("0x10"), Value(Integer{16}));
}

TEST(Settings, go_to_with_where_a_name_means_something_else_in_task) {
  const auto job = open(
      with("[params]\ni = { count = 2 }\n[task]\nkernel = \"range_sum\"\nfrom = 1\n[task.with]\nto = 3\n",
           {{"to", "8"}}));
  EXPECT_EQ(std::get<Value>(job->kernel->parameters[1]), Value(Integer{8}));
}

TEST(Settings, that_are_wrong_are_named) {
  const auto errors = [](const std::string& text, Settings settings) {
    return errors_of(with(text, std::move(settings)));
  };
  EXPECT_EQ(errors(sums, {{"to", "abc +"}}), "fanfold: --set to=abc +: expected a value, found the end");
  EXPECT_EQ(errors(sums, {{"to", "2.5"}}),
            "fanfold: --set to=2.5: 'to' must be an integer, not a real number");
  EXPECT_EQ(errors(sums, {{"ot", "3"}}), "fanfold: --set ot=3: unknown key 'ot'; did you mean 'to'?");
  EXPECT_EQ(errors(sums, {{"x", "3"}}),
            "fanfold: --set x=3: unknown key 'x'; known: from, to, cost, isolate, "
            "kernel_memory, compiler_flags, i, model and kernel");
  EXPECT_EQ(errors(sums, {{"params.j", "3"}}),
            "fanfold: --set params.j=3: unknown key 'j' in [params]; known: i and model");
  EXPECT_EQ(errors(sums, {{"task.form", "3"}}),
            "fanfold: --set task.form=3: unknown key 'form' in [task]; did you mean 'from'?");
  EXPECT_EQ(errors(sums, {{"i.cuont", "3"}}),
            "fanfold: --set i.cuont=3: unknown key 'cuont' in [params.i]; did you mean 'count'?");
  EXPECT_EQ(errors(sums, {{"to.count", "3"}}),
            "fanfold: --set to.count=3: 'to' has no key 'count': it is an integer");
  EXPECT_EQ(errors("[values]\nx = \"1\"\n", {{"task.to", "3"}}),
            "fanfold: --set task.to=3: the job has no [task]");
  EXPECT_EQ(errors(sums, {{"i", "[1, 2"}}),
            "fanfold: --set i=[1, 2: syntax error in array: the file ends in the middle of it");
  EXPECT_EQ(errors(sums, {{"i", "[1, \"x\"]"}}),
            "fanfold: --set i=[1, \"x\"]: the list 'i' must have numbers only or strings only; its first is "
            "an integer, "
            "this is a string");
  EXPECT_EQ(errors(sums, {{"i", "{ cuont = 3 }"}}),
            "fanfold: --set i={ cuont = 3 }: unknown key 'cuont' in [params.i]; did you mean 'count'?");
  EXPECT_EQ(errors("[params]\nto = 1\n[task]\nkernel = \"range_sum\"\nto = 3\n", {{"to", "3"}}),
            "job.toml:5:1: 'to' is given twice: here and in [params]\n"
            "fanfold: --set to=3: 'to' is in [params] and in [task]; write 'params.to' or 'task.to'");
}

}  // namespace
}  // namespace fanfold::test
