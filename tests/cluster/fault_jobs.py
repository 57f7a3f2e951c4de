"""The jobs that faults are injected into. Together they have sources and kernels, all reductions, tasks that fail once and
tasks that always fail, values that are kept, and each outcome that a run file can hold."""

# Threads retrieve, a kernel computes: a program prints a text, the kernel counts its words. Every seventeenth task fails,
# every fifth at its first attempt. How long a task takes is in no result.
PIPELINE = """
name = "pipeline"
seed = 5

[params]
i    = {{ count = 160 }}
kind = ["plain", "poem", "list"]

[task]
shell  = "sleep {pace}; test $(({{index}} % 17)) -ne 3 || exit 7; test $(({{index}} % 5)) -ne 1 -o {{attempt}} -gt 1 || exit 8; seq {{i}} {{i}}9; echo {{kind}} and more"
kernel = "words"

[values]
density = "words / (lines + i)"
root    = "sqrt(words + i) / 3"

[reduce]
n        = "count()"
codes    = "count() by status"
total    = "sum(root)"
average  = "mean(density) by kind"
spread   = "std(root)"
variance = "var(1e6 + root)"
error    = "sem(density)"
least    = "min(root)"
most     = "max(root)"
lowest   = "argmin(root - i)"
highest  = "argmax(density)"
scaled   = "product(1 + density / 1000)"
exact    = "product(words % 3 + 1)"
some     = "any(words > 100)"
each     = "all(words > 1)"
one      = "first(density)"
middle   = "median(root)"
tail     = "quantile(root, 0.9)"
bins     = "histogram(root, 0, 10, 7)"
best     = "top(3, root)"
worst    = "bottom(3, density) by kind"
words    = "collect(words)"

[run]
retries = 1
"""

# A kernel alone, whose values are kept: columns and partial reductions, a part of a chunk at a time.
KERNEL = """
name = "kernel"
seed = 11

[params]
replica = {{ count = 3000 }}

[task]
kernel  = "pi"
samples = {samples}

[values]
rounded = "9223372036854775807 - (replica % 100 == 42 ? -replica : replica)"
share   = "hits / samples"

[reduce]
pi     = "4 * sum(hits) / sum(samples)"
error  = "sem(4 * share)"
best   = "argmax(share)"
exact  = "sum(rounded)"
middle = "median(share)"
codes  = "count() by status"
bins   = "histogram(share, 0.7, 0.8, 9)"

[run]
keep = "all"
"""

TASKS = {"pipeline": 480, "kernel": 3000}
FAILED = {"pipeline": 29, "kernel": 30}


def write_jobs(folder, pace, samples):
    """`pace`: seconds that a task of the pipeline sleeps; `samples`: of each task of the kernel."""
    (folder / "pipeline.toml").write_text(PIPELINE.format(pace=pace), encoding="utf-8")
    (folder / "kernel.toml").write_text(KERNEL.format(samples=samples), encoding="utf-8")
