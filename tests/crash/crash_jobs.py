"""Jobs that last long enough to be killed halfway, one for each way in which finished work gets into the run file. All
have failing tasks, so that failures must survive as well as values."""

# Tasks with a source: as they end.
SOURCE = """
name = "source"

[params]
i    = { count = 120 }
kind = ["steady", "recovers"]

[task]
shell = "sleep 0.03; test {kind} = steady -o {attempt} -gt 1 && test $(({i} % 40)) -ne 7 && echo $(({i} * 7))e-1"

[values]
root = "sqrt(value) + i / 3"

[reduce]
total   = "sum(root)"
spread  = "sem(root)"
least   = "argmin(root - i)"
by_kind = "mean(value) by kind"
codes   = "count() by status"

[run]
retries = 1
"""

# A kernel whose values are kept: a part of a chunk at a time, as columns.
KEPT = """
name = "kept"
seed = 11

[params]
replica = { count = 900 }
stripe  = ["a", "b"]

[task]
kernel  = "pi"
samples = 4_000_000

[values]
rounded = "9223372036854775807 - (replica % 100 == 42 ? -replica : replica)"
share   = "hits / samples"

[reduce]
pi        = "4 * sum(hits) / sum(samples)"
err       = "sem(4 * hits / samples)"
best      = "argmax(share)"
by_stripe = "std(share) by stripe"
exact     = "sum(rounded) by stripe"

[run]
keep = "all"
"""

# Computed values that are not kept: as merged reductions.
DROPPED = """
name = "dropped"

[params]
i = { count = 300_000 }
x = { from = -1.0, to = 2.0, steps = 1000 }

[values]
y     = "sin(x * i) * exp(-x)"
exact = "9223372036854775807 - 299_990 + i"

[reduce]
total    = "sum(y)"
spread   = "var(1e6 + y)"
lowest   = "argmin(y)"
integers = "sum(exact)"
codes    = "count() by status"

[run]
keep = "none"
"""

JOBS = {"source": SOURCE, "kept": KEPT, "dropped": DROPPED}
TASKS = {"source": 240, "kept": 1800, "dropped": 300_000_000}
FAILED = {"source": 6, "kept": 18, "dropped": 9000}


def write_jobs(folder):
    for name, text in JOBS.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
