// What a correct job file means.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>

#include "job_builder.hpp"

namespace fanfold::test {
namespace {

using Integer = std::int64_t;

std::string rendered(const Template& parsed, std::vector<Value> params) {
  TemplateContext context;
  context.params = std::move(params);
  return parsed.render(context);
}

TEST(OpenJob, reads_the_example_of_the_design) {
  const auto job = open(R"~(
name = "pi"
seed = 2024
[params]
replica = { count = 1000 }
[task]
kernel  = "pi"
samples = 10_000_000
[reduce]
pi  = "4 * sum(hits) / sum(samples)"
err = "sem(4 * hits / samples)"
)~");
  EXPECT_EQ(job->name, "pi");
  EXPECT_EQ(job->seed, 2024U);
  EXPECT_EQ(job->size(), 1000U);
  ASSERT_TRUE(job->kernel.has_value());
  EXPECT_FALSE(job->source.has_value());
  EXPECT_EQ(job->kernel->kernel->info().name, "pi");
  EXPECT_EQ(std::get<Value>(job->kernel->parameters.at(0)), Value(Integer{10'000'000}));
  EXPECT_EQ(job->param_slots, 1U);
  EXPECT_EQ(job->kernel->first_slot, 1U);
  EXPECT_EQ(job->value_slots(), (std::vector<std::size_t>{1}));
  EXPECT_EQ(job->scope.find("samples")->constant, Value(Integer{10'000'000}));
  EXPECT_FALSE(job->reductions.empty());
  EXPECT_TRUE(job->keeps_values());
}

TEST(OpenJob, orders_params_as_the_file_does_and_the_last_varies_fastest) {
  const auto job = open(R"(
[params]
zeta = [1, 2]
alpha = { count = 2 }
[params.mid]
count = 2
[values]
y = "zeta + alpha + mid"
)");
  ASSERT_EQ(job->space.param_count(), 3U);
  EXPECT_EQ(job->space.name(0), "zeta");
  EXPECT_EQ(job->space.name(1), "alpha");
  EXPECT_EQ(job->space.name(2), "mid");
  EXPECT_EQ(job->space.params_of(TaskIndex(1)), (std::vector<Value>{Integer{1}, Integer{0}, Integer{1}}));
}

TEST(OpenJob, knows_lists_constants_and_ranges) {
  const auto job = open(R"(
[params]
mixed = [1, 2.5]
text = "abc"
number = 3
points = { from = 0, to = 1, steps = 3 }
decades = { from = 1, to = 100, steps = 3, log = true }
whole = { from = 1, to = 7, step = 3 }
halves = { from = 1, to = 2, step = 0.5 }
[task]
shell = "true"
)");
  EXPECT_EQ(job->size(), 2U * 3 * 3 * 3 * 3);
  EXPECT_EQ(job->space.params_of(TaskIndex(job->size() - 1)),
            (std::vector<Value>{2.5, std::string("abc"), Integer{3}, 1.0, 100.0, Integer{7}, 2.0}));
}

TEST(OpenJob, opens_10_to_the_18_tasks_at_once) {
  const auto begin = std::chrono::steady_clock::now();
  const auto job = open(
      "[params]\nx = { count = 1_000_000_000 }\ny = { count = 1_000_000_000 }\n[values]\nz = \"x + y\"\n");
  EXPECT_EQ(job->size(), 1'000'000'000'000'000'000U);
  EXPECT_FALSE(job->keeps_values());
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(1));
}

TEST(OpenJob, without_params_is_one_task_named_after_its_file_with_seed_zero) {
  const auto job = open("[task]\nshell = \"true\"\n");
  EXPECT_EQ(job->name, "job");
  EXPECT_EQ(job->seed, 0U);
  EXPECT_EQ(job->size(), 1U);
  EXPECT_EQ(job->folder, "/data");
}

TEST(OpenJob, gives_a_source_its_keys) {
  const auto job = open(R"(
[params]
x = [0.5, 1.5]
cwd = ["/a", "/b"]
[task]
command = ["sim", "--x={x}"]
stdin = "{x:.2f}"
env = { LEVEL = "{index}", MODE = "fast" }
success = [0, 3]
grace = "1.5s"
)");
  const SourceSpec& source = *job->source;
  EXPECT_EQ(source.info->name, "command");
  EXPECT_EQ(source.arguments.front().name, "command");
  ASSERT_EQ(source.arguments.front().templates.size(), 2U);
  const std::vector<Value> params{0.5, std::string("/a")};
  EXPECT_EQ(rendered(source.arguments.front().templates[1].second, params), "--x=0.5");
  EXPECT_EQ(rendered(source.find("stdin")->templates.at(0).second, params), "0.50");
  EXPECT_EQ(source.find("env")->templates.at(0).first, "LEVEL");
  EXPECT_EQ(rendered(source.find("env")->templates.at(1).second, params), "fast");
  EXPECT_EQ(source.find("success")->integers, (std::vector<Integer>{0, 3}));
  EXPECT_EQ(source.find("grace")->duration.count(), 1.5);
  EXPECT_EQ(rendered(source.find("cwd")->templates.at(0).second, params), "/a");
  EXPECT_EQ(source.find("nothing"), nullptr);
  EXPECT_EQ(source.first_slot, 2U);
}

TEST(OpenJob, quotes_in_shell_lines) {
  const auto job = open("[params]\nf = [\"a b\"]\n[task]\nshell = \"cat {f} {f:raw}\"\n");
  EXPECT_EQ(rendered(job->source->arguments.at(0).templates.at(0).second, {std::string("a b")}),
            "cat 'a b' a b");
}

TEST(OpenJob, takes_numbers_of_sources_from_constants_and_expressions) {
  EXPECT_EQ(std::get<Value>(*open("[task]\nsleep = 2\n")->source->arguments.at(0).number), Value(2.0));
  const auto job = open("[params]\ni = { count = 3 }\n[task]\nsleep = \"i\"\n");
  const auto& program = std::get<expr::Program>(*job->source->arguments.at(0).number);
  EXPECT_EQ(program.type(), Type::real);
  EXPECT_EQ(program.slots(), (std::vector<std::size_t>{0}));
}

TEST(OpenJob, takes_kernel_parameters_from_constants_expressions_axes_and_defaults) {
  const auto constant = open("[task]\nkernel = \"count_down\"\nx = 3\n");
  EXPECT_EQ(std::get<Value>(constant->kernel->parameters.at(0)), Value(3.0));
  EXPECT_EQ(std::get<Value>(constant->kernel->parameters.at(1)), Value(Integer{20'000'000}));
  EXPECT_EQ(constant->scope.find("steps_per_unit")->constant, Value(Integer{20'000'000}));

  const auto axis = open("[params]\nx = [1.5]\nsteps_per_unit = [1, 2]\n[task]\nkernel = \"count_down\"\n");
  EXPECT_EQ(std::get<std::size_t>(axis->kernel->parameters.at(0)), 0U);
  EXPECT_EQ(std::get<std::size_t>(axis->kernel->parameters.at(1)), 1U);

  const auto integers =
      open("[params]\nx = [1, 2]\n[task]\nkernel = \"count_down\"\nsteps_per_unit = \"10 * x\"\n");
  EXPECT_EQ(std::get<expr::Program>(integers->kernel->parameters.at(0)).type(), Type::real);
  EXPECT_EQ(std::get<expr::Program>(integers->kernel->parameters.at(1)).type(), Type::integer);

  const auto with = open("[task]\nkernel = \"count_down\"\nwith = { x = 1.5 }\n");
  EXPECT_EQ(std::get<Value>(with->kernel->parameters.at(0)), Value(1.5));
}

TEST(OpenJob, reads_values_in_order_each_with_the_names_before_it) {
  const auto job = open(R"(
[params]
x = [1, 2]
[task]
shell = "sim"
cost = "x"
[values]
loss = { json = "/loss" }
tag = { regex = 'tag=(\S+)', type = "text" }
scaled = "100 * loss / x"
last = "scaled + exit_code"
)");
  ASSERT_EQ(job->values.size(), 4U);
  EXPECT_EQ(job->values[0].slot, 3U);  // after x, exit_code and value
  EXPECT_EQ(std::get<ValueSpec::Json>(job->values[0].how).pointer, "/loss");
  EXPECT_EQ(job->values[1].type, Type::text);
  EXPECT_EQ(std::get<ValueSpec::Regex>(job->values[1].how).pattern, R"(tag=(\S+))");
  EXPECT_EQ(std::get<expr::Program>(job->values[2].how).slots(), (std::vector<std::size_t>{0, 3}));
  EXPECT_EQ(std::get<expr::Program>(job->values[3].how).slots(), (std::vector<std::size_t>{1, 5}));
  EXPECT_TRUE(job->cost.has_value());
  EXPECT_FALSE(job->uses_value);
}

TEST(OpenJob, notices_whether_the_number_that_a_source_prints_is_used) {
  EXPECT_FALSE(open("[task]\nshell = \"echo 1\"\n[reduce]\nn = \"count()\"\n")->uses_value);
  EXPECT_TRUE(open("[task]\nshell = \"echo 1\"\n[reduce]\nm = \"mean(value)\"\n")->uses_value);
  EXPECT_TRUE(open("[task]\nshell = \"echo 1\"\n[values]\ntwice = \"2 * value\"\n")->uses_value);
}

TEST(OpenJob, reads_what_a_batch_system_is_asked_for_and_lets_flags_override_it) {
  JobSource source = source_of(R"(
[task]
shell = "true"
[cluster]
scheduler = "slurm"
nodes = 4
ranks_per_node = 2
cpus_per_rank = 8
time = "1.5h"
partition = "long"
account = "physics"
array = 3
parallel_environment = "mpi"
setup = ["module load openmpi", "ulimit -n 4096"]
)");
  const auto from_file = open(source);
  EXPECT_EQ(from_file->cluster.scheduler, "slurm");
  EXPECT_EQ(from_file->cluster.nodes, 4U);
  EXPECT_EQ(from_file->cluster.ranks_per_node, 2U);
  EXPECT_EQ(from_file->cluster.cpus_per_rank, 8U);
  EXPECT_EQ(from_file->cluster.time->count(), 5400);
  EXPECT_EQ(from_file->cluster.queue, "long");
  EXPECT_EQ(from_file->cluster.account, "physics");
  EXPECT_EQ(from_file->cluster.array, 3U);
  EXPECT_EQ(from_file->cluster.parallel_environment, "mpi");
  EXPECT_EQ(from_file->cluster.setup, (std::vector<std::string>{"module load openmpi", "ulimit -n 4096"}));

  source.overrides.cluster = {{"time", "2"}, {"queue", "short"}, {"account", "1234"}, {"scheduler", "sge"}};
  const auto overridden = open(source);
  EXPECT_EQ(overridden->cluster.time->count(), 120);
  EXPECT_EQ(overridden->cluster.queue, "short");
  EXPECT_EQ(overridden->cluster.account, "1234");
  EXPECT_EQ(overridden->cluster.scheduler, "sge");
  EXPECT_EQ(overridden->cluster.nodes, 4U);

  source.overrides.cluster = {{"nodes", "many"}, {"time", "1:2"}};
  EXPECT_EQ(errors_of(source),
            "fanfold: --nodes: must be an integer, not 'many'\n"
            "fanfold: --time: must be a time (\"90m\", \"12h\", \"2d\", \"12:00:00\", \"2-12:00:00\" or a "
            "number of minutes), not '1:2'");
}

TEST(OpenJob, times_of_allocations_are_written_as_batch_systems_write_them) {
  const auto seconds = [](const char* text) {
    const auto time = parse_allocation_time(text);
    return time ? time->count() : -1;
  };
  EXPECT_EQ(seconds("90"), 5400);
  EXPECT_EQ(seconds("45s"), 45);
  EXPECT_EQ(seconds("2d"), 172800);
  EXPECT_EQ(seconds("12:34:56"), 45296);
  EXPECT_EQ(seconds("100:00:00"), 360000);
  EXPECT_EQ(seconds("2-12:00:01"), 216001);
  for (const char* wrong : {"", "x", "1:2", "1:60:00", "1:00:00:00", "1-2", ":1:1", "-1", "1-", "1:00:0x"}) {
    EXPECT_EQ(seconds(wrong), -1) << wrong;
  }
}

TEST(OpenJob, reads_the_policy_and_lets_flags_override_it) {
  JobSource source = source_of(R"(
[task]
shell = "true"
[run]
retries = 2
timeout = "1.5m"
on_failure = "stop"
max_failures = "5%"
keep = "none"
io_threads = 8
compute_threads = 2
chunk = 100
walltime = 3600
)");
  const auto from_file = open(source);
  EXPECT_EQ(from_file->run.retries, 2U);
  EXPECT_EQ(from_file->run.timeout->count(), 90);
  EXPECT_TRUE(from_file->run.stop_on_failure);
  EXPECT_EQ(from_file->run.max_failure_share, 0.05);
  EXPECT_FALSE(from_file->run.max_failures.has_value());
  EXPECT_EQ(from_file->run.keep, RunPolicy::Keep::none);
  EXPECT_FALSE(from_file->keeps_values());
  EXPECT_EQ(from_file->run.io_threads, 8U);
  EXPECT_EQ(from_file->run.compute_threads, 2U);
  EXPECT_EQ(from_file->run.chunk, 100U);
  EXPECT_EQ(from_file->run.walltime->count(), 3600);

  source.overrides.seed = 77;
  source.overrides.run = {{"retries", "0"}, {"max_failures", "10"}, {"keep", "all"}, {"timeout", "3"}};
  const auto overridden = open(source);
  EXPECT_EQ(overridden->seed, 77U);
  EXPECT_EQ(overridden->run.retries, 0U);
  EXPECT_EQ(overridden->run.max_failures, 10U);
  EXPECT_FALSE(overridden->run.max_failure_share.has_value());
  EXPECT_EQ(overridden->run.keep, RunPolicy::Keep::all);
  EXPECT_EQ(overridden->run.timeout->count(), 3);
}

TEST(OpenJob, checks_flags_as_their_keys_and_names_them) {
  JobSource source = source_of("[task]\nshell = \"true\"\ncwdd = 1\n");
  source.overrides.run = {{"retries", "many"}, {"on_failure", "stpo"}, {"io_threads", "0"}, {"retires", "1"}};
  EXPECT_EQ(errors_of(source),
            "job.toml:3:1: unknown key 'cwdd' in [task]; did you mean 'cwd'?\n"
            "fanfold: --retries: must be an integer, not 'many'\n"
            "fanfold: --on-failure: must be \"continue\" or \"stop\", not 'stpo'; did you mean 'stop'?\n"
            "fanfold: --io-threads: must be at least 1, not 0\n"
            "fanfold: --retires: [run] has no such key; did you mean 'retries'?");
}

std::string fault_of_place(std::string_view text) {
  return text.starts_with("db:") ? "" : fmt::format("'{}' is no place", text);
}

TEST(OpenJob, misses_keys_that_a_source_needs_and_checks_those_that_have_a_form) {
  static const SourceInfo ask{
      "ask",
      "asks",
      {{"ask", KeyKind::text, "what to ask"},
       {.name = "place", .description = "\"db:x\"", .is_needed = true, .fault = fault_of_place}},
      {},
      true};
  const auto errors = [](const std::string& params, const std::string& keys) {
    try {
      open_job(source_of(params + "[task]\nask = \"why?\"\n" + keys), {&ask});
    } catch (const JobError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(errors("", ""), "job.toml:2:1: [task] with 'ask' needs 'place': \"db:x\"");
  EXPECT_EQ(errors("", "plaec = \"db:x\"\n"),
            "job.toml:3:1: unknown key 'plaec' in [task]; did you mean 'place'?");
  EXPECT_EQ(errors("", "place = \"x\"\n"), "job.toml:3:9: 'x' is no place");
  EXPECT_EQ(errors("", "place = \"db:x\"\n"), "");
  EXPECT_EQ(errors("[params]\nplace = [\"db:x\"]\n", ""), "") << "a param can stand for it";
  EXPECT_EQ(errors("[params]\nplace = []\n", ""),
            "job.toml:2:9: the list 'place' must have at least one value");
}

TEST(OpenJob, keeps_programs_from_writing_over_the_job_file) {
  static const SourceInfo program{"shell",
                                  "runs a program",
                                  {{"shell", KeyKind::shell, "what to run"},
                                   {"stdout", KeyKind::text, "takes its output"},
                                   {"stderr", KeyKind::text, "takes its errors"}},
                                  {},
                                  true};
  const auto errors = [](const std::string& keys) {
    try {
      open_job(source_of("[task]\nshell = \"true\"\n" + keys), {&program});
    } catch (const JobError& error) {
      return std::string(error.what());
    }
    return std::string();
  };
  EXPECT_EQ(errors("stdout = \"./x/../job.toml\"\nstderr = \"/data/job.toml\"\n"),
            "job.toml:3:1: 'stdout' is the job file itself, which would be lost; name another\n"
            "job.toml:4:1: 'stderr' is the job file itself, which would be lost; name another");
  EXPECT_EQ(errors("stdout = \"x/job.toml\"\n"), "");
}

TEST(JobError, has_the_places_of_what_it_says) {
  try {
    open("[task]\nshell = 3\n[run]\nretries = -1\n");
    FAIL();
  } catch (const JobError& error) {
    ASSERT_EQ(error.diagnostics().size(), 2U);
    EXPECT_EQ(error.diagnostics()[0].place, (Place{2, 9}));
    EXPECT_EQ(error.diagnostics()[1].place, (Place{4, 11}));
    EXPECT_EQ(error.status(), ExitStatus::usage);
  }
}

TEST(Fingerprint, has_what_changes_a_task_and_not_how_it_is_written) {
  const auto a = open("seed=3\n[params]\nx = [1,2.50]\n[task]\nkernel=\"count_down\"\n[run]\nretries = 3\n");
  const auto b = open(
      "name = \"b\"\n[params] # the same\nx = [ 1.0, 2.5 ]\n[task]\nsteps_per_unit = 20000000\nkernel = "
      "'count_down'\n");
  EXPECT_EQ(fingerprint_of(*a, "seed"), "3");
  EXPECT_EQ(fingerprint_of(*b, "seed"), "0");
  EXPECT_EQ(fingerprint_of(*a, "params.x"), "[1, 2.5]");
  EXPECT_EQ(fingerprint_of(*a, "task.kernel"), "\"count_down\"");
  EXPECT_EQ(fingerprint_of(*a, "task.steps_per_unit"), fingerprint_of(*b, "task.steps_per_unit"));
  EXPECT_EQ(fingerprint_of(*a, "run.retries"), "none");
}

TEST(Fingerprint, has_not_what_a_task_may_take) {
  const auto job = open("task.shell = 'x'\ntask.timeout = '5s'\ntask.creates = 'y'");
  EXPECT_EQ(fingerprint_of(*job, "task.creates"), "\"y\"");
  EXPECT_EQ(fingerprint_of(*job, "task.timeout"), "none");
}

TEST(Fingerprint, has_the_reductions_whether_values_are_kept_or_not) {
  const std::string text =
      "[params]\nx = { count = 10 }\n[values]\ny = \"x\"\n[reduce]\ns = \"sum(y)\"\n[run]\n";
  EXPECT_EQ(fingerprint_of(*open(text + "keep = \"all\"\n"), "reduce.s"), "\"sum(y)\"");
  EXPECT_EQ(fingerprint_of(*open(text + "keep = \"none\"\n"), "reduce.s"), "\"sum(y)\"");
}

TEST(Fingerprint, has_input_files_by_a_stable_hash) {
  JobSource source = source_of("[params]\nfile = { glob = \"*.txt\" }\n[task]\nread = \"{file}\"\n");
  source.inputs = {{"params.file", std::string("a.txt\0b.txt\0", 12)}};
  const auto job = open(source);
  EXPECT_EQ(job->size(), 2U);
  EXPECT_EQ(job->space.params_of(TaskIndex(1)), (std::vector<Value>{std::string("b.txt")}));
  EXPECT_EQ(fingerprint_of(*job, "params.file"), "2 files, d325488215cf16beba0fe38bbdb2913e");
}

TEST(Seeds, differ_between_tasks_and_jobs_and_have_63_bits) {
  const auto one = open("seed = 1\n[params]\nx = { count = 100 }\n[values]\ny = \"x\"\n");
  const auto two = open("seed = 2\n[params]\nx = { count = 100 }\n[values]\ny = \"x\"\n");
  std::vector<std::uint64_t> seeds;
  for (std::uint64_t task = 0; task < 100; ++task) {
    for (const auto* job : {one.get(), two.get()}) seeds.push_back(job->seed_of(TaskIndex(task)));
  }
  EXPECT_LT(*std::max_element(seeds.begin(), seeds.end()), std::uint64_t{1} << 63);
  std::sort(seeds.begin(), seeds.end());
  EXPECT_EQ(std::adjacent_find(seeds.begin(), seeds.end()), seeds.end());
  EXPECT_NE(one->kernel_key(), two->kernel_key());
  EXPECT_EQ(one->seed_of(TaskIndex(7)), open("seed = 1\n[values]\ny = \"1\"\n")->seed_of(TaskIndex(7)));
}

TEST(Duration, has_units) {
  const auto seconds = [](std::string_view text) { return parse_duration(text).value().count(); };
  EXPECT_EQ(seconds("250ms"), 0.25);
  EXPECT_EQ(seconds("30s"), 30);
  EXPECT_EQ(seconds("5m"), 300);
  EXPECT_EQ(seconds("1.5h"), 5400);
  EXPECT_EQ(seconds("2d"), 172800);
  EXPECT_EQ(seconds("0.5"), 0.5);
  for (const char* const text : {"", "s", "5 m", "-1s", "1w", "inf", "nan", "1h30m", "1ss"}) {
    EXPECT_FALSE(parse_duration(text).has_value()) << text;
  }
}

RC_GTEST_PROP(JobSource, comes_back_from_its_bytes, ()) {
  JobSource source;
  source.file = *rc::gen::arbitrary<std::string>();
  source.folder = *rc::gen::arbitrary<std::string>();
  source.text = *rc::gen::arbitrary<std::string>();
  if (*rc::gen::arbitrary<bool>()) source.overrides.seed = *rc::gen::arbitrary<std::uint64_t>();
  source.overrides.run = *rc::gen::arbitrary<std::vector<std::pair<std::string, std::string>>>();
  source.overrides.commands = *rc::gen::arbitrary<bool>();
  source.overrides.set = *rc::gen::arbitrary<std::vector<std::pair<std::string, std::string>>>();
  for (const auto& [key, data] : *rc::gen::arbitrary<std::vector<std::pair<std::string, std::string>>>()) {
    source.inputs.push_back({key, data});
  }
  ByteWriter out;
  encode(out, source);
  ByteReader in(out.bytes());
  const JobSource decoded = decode_job_source(in);
  RC_ASSERT(in.at_end());
  RC_ASSERT(decoded.file == source.file);
  RC_ASSERT(decoded.folder == source.folder);
  RC_ASSERT(decoded.text == source.text);
  RC_ASSERT(decoded.overrides.seed == source.overrides.seed);
  RC_ASSERT(decoded.overrides.run == source.overrides.run);
  RC_ASSERT(decoded.overrides.set == source.overrides.set);
  RC_ASSERT(decoded.overrides.commands == source.overrides.commands);
  RC_ASSERT(decoded.inputs.size() == source.inputs.size());
  for (std::size_t i = 0; i < source.inputs.size(); ++i) {
    RC_ASSERT(decoded.inputs[i].key == source.inputs[i].key);
    RC_ASSERT(*decoded.inputs[i].data == *source.inputs[i].data);
  }
  const std::size_t size = *rc::gen::inRange<std::size_t>(0, out.size());
  ByteReader cut(std::span(out.bytes()).first(size));
  RC_ASSERT_THROWS_AS(decode_job_source(cut), DecodeError);
}

}  // namespace
}  // namespace fanfold::test
