#include "cli/init_jobs.hpp"

namespace fanfold {
namespace {

constexpr std::string_view shell_job = R"toml(# A shell command for each point of a grid.
name = "job"

# The tasks: every combination of these values, here 3 × 2.
[params]
model = ["linear", "cubic", "spline"]
rate  = [0.1, 0.01]               # also { from = 0.0, to = 1.0, steps = 11 } or { count = 100 }

# What runs for each task. {name} stands for its value, quoted for the shell where it has to be.
[task]
shell = "echo training {model}; echo loss=$(echo {rate} | wc -c)"
# command = ["./train", "--model={model}", "--rate={rate}"]     # the same without a shell
# cwd = "runs/{index}"
# env = { OMP_NUM_THREADS = "1" }

# Named results, read from what the command prints.
[values]
loss = { regex = 'loss=(\S+)' }   # the last match; { json = "/loss" } for output that is JSON

# The answer, made of all tasks.
[reduce]
best     = "argmin(loss)"
by_model = "mean(loss) by model"

# Policy. Each key is also a flag of `fanfold run`: --retries 2
[run]
retries = 0
timeout = "1h"
# on_failure = "stop"
)toml";

constexpr std::string_view kernel_job =
    R"toml(# A kernel: a compute function that is part of fanfold. `fanfold kernels` lists them.
name = "job"
seed = 1                          # of all random numbers; another seed is another sample

# 100 tasks that differ in their random numbers only.
[params]
replica = { count = 100 }

[task]
kernel  = "pi"
samples = 100_000                 # a constant, an expression in a string, or an axis of [params]

# The answer, with its standard error.
[reduce]
pi  = "4 * sum(hits) / sum(samples)"
err = "sem(4 * hits / samples)"

# Policy. Each key is also a flag of `fanfold run`: --compute-threads 4
[run]
# compute_threads = 4
# keep = "all"                    # values of each task in the run file, whatever their number
)toml";

constexpr std::string_view values_job =
    R"toml(# Expressions, computed for every point of a grid. No program runs.
name = "job"

# The tasks: every combination of these values, here 101 × 3. The last axis varies fastest.
[params]
x = { from = 0.0, to = 1.0, steps = 101 }
k = [1, 2, 3]

# Named results. Each can use the params and the values above it.
[values]
y     = "sin(k * x) ^ 2"
large = "y > 0.5"                 # a truth value is 0 or 1

# The answer.
[reduce]
mean_by_k = "mean(y) by k"
largest   = "argmax(y)"
share     = "sum(large) / count()"
)toml";

constexpr std::string_view files_job =
    R"toml(# A task for each file: I/O threads read the files while compute threads count their words.
name = "job"

# "data/**/*.txt" finds files in all folders below data. Paths are relative to this file's folder.
[params]
file = { glob = "*.toml" }        # this file is one of them

[task]
read   = "{file}"                 # a source: retrieves the input
kernel = "words"                  # a kernel: takes it
# shell = "sort {file} | uniq | wc -l"     # instead of both: a command for each file

[reduce]
words   = "sum(words)"
by_file = "sum(words) by file"
longest = "argmax(lines)"
)toml";

constexpr std::string_view commands_job =
    R"toml(# A list of command lines, each a task. Without a job file: fanfold run --commands FILE
name = "job"

[params]
line = [
  "echo first",
  "echo second | tr a-z A-Z",
  "sleep 0.1 && echo third",
]

[task]
shell = "{line:raw}"              # raw: the line is a script, not a word of one
# success = [0, 1]                # exit codes that are a success
# stdin = "…"

# How the tasks ended.
[reduce]
ended = "count() by status"

# Policy. Each key is also a flag of `fanfold run`: --retries 2
[run]
io_threads   = 4                  # so many at a time, on each rank
retries      = 1
max_failures = "50%"
)toml";

}  // namespace

const std::vector<InitJob>& init_jobs() {
  static const std::vector<InitJob> jobs = {
      {"shell", "a shell command for each point of a grid", shell_job},
      {"kernel", "a kernel with random numbers", kernel_job},
      {"values", "expressions, computed over a grid", values_job},
      {"files", "a task for each file that a pattern finds", files_job},
      {"commands", "a list of command lines", commands_job},
  };
  return jobs;
}

}  // namespace fanfold
