"""The jobs whose answers must not depend on who computed them: between them they have every kind of work, every
reduction, and every way in which a task can fail."""

# Integers alone: random numbers, counts, sums of them.
PI = """
name = "pi"
seed = 2024

[params]
replica = { count = 300 }

[task]
kernel  = "pi"
samples = 20_000

[reduce]
pi   = "4 * sum(hits) / sum(samples)"
err  = "sem(4 * hits / samples)"
best = "argmax(hits)"
"""

# Reals over every axis that computes its points, through the elementary functions; 5% of the tasks fail by integer
# overflow, and y is NaN or infinite where x is not in the domain of a function.
VALUES = """
name = "values"
seed = 7

[params]
i     = { count = 60 }
x     = { from = -2.0, to = 3.0, steps = 51 }
model = ["linear", "cubic", "sine"]
n     = { from = 1, to = 9, step = 4 }

[values]
y      = "sin(x * i) + exp(-x ^ 2) * log1p(i) + (model == 'cubic' ? x ^ 3 : tanh(x) * cosh(x / n))"
domain = "sqrt(x) * log(i - 3) * erf(y)"
wide   = "y * 10.0 ^ (8 * n - 40) * (i % 2 == 0 ? 1 : -1)"
huge   = "9223372036854775807 - 57 + i"

[reduce]
tasks        = "count()"
total        = "sum(y)"
cancelled    = "sum(wide)"
total_huge   = "sum(huge)"
average      = "mean(y)"
variance     = "var(1e9 + y)"
deviation    = "std(y)"
error        = "sem(y)"
smallest     = "min(domain)"
largest      = "max(domain)"
where_least  = "argmin(domain)"
where_most   = "argmax(y)"
undefined    = "sum(domain)"
ratio        = "100 * sum(y) / sum(x * x) + lgamma(5.5)"
codes        = "count() by status"
by_model     = "mean(y) by model"
spread       = "var(y) by model, n"
deviations   = "std(y) by n"
errors       = "sem(y) by model"
lowest       = "min(domain) by model, n"
highest      = "max(domain) by n"
first_least  = "argmin(domain) by model, n"
first_most   = "argmax(wide) by model"
sums         = "sum(wide) by i, model"
factors      = "product(n)"
growth       = "product(1 + y / 1e4) by model"
middle       = "median(y)"
tenth        = "quantile(domain, 0.1) by model"
shape        = "histogram(y, -5, 5, 20) by model"
highest_five = "top(5, y)"
lowest_three = "bottom(3, wide) by model"
listed       = "collect(wide) by i"
begins_with  = "first(y) by model, n"
some         = "any(y > 100) by model"
every        = "all(y < 1e9) by model"
"""

# A program for each task, half of which fail at first; some never succeed.
SHELL = r"""
name = "shell"

[params]
i    = { count = 20 }
kind = ["steady", "fails", "recovers"]

[task]
shell = '''
if [ {kind} = fails ] && [ $(({i} % 5)) -eq 2 ]; then echo "no luck with {i}" >&2; exit 3; fi
if [ {kind} = recovers ] && [ {attempt} -lt 2 ]; then echo loss=1e300; exit 1; fi
echo "loss=$(({i} * {i} + 1))e-{i} draw={seed31}"
'''

[values]
loss = { regex = 'loss=(\S+)' }
draw = { regex = 'draw=(\d+)' }
root = "sqrt(loss) + draw / 1000003"

[reduce]
total   = "sum(loss)"
draws   = "sum(draw)"
roots   = "mean(root)"
best    = "argmin(loss)"
by_kind = "std(root) by kind"
codes   = "count() by status"
exits   = "count() by exit_code"

[run]
retries = 1
"""

# Programs without a shell; values are texts and numbers.
COMMAND = r"""
name = "command"

[params]
i    = { count = 30 }
word = ["left", "right"]

[task]
command = ["printf", "%s", "{word}-{i:03}"]

[values]
label = { regex = '^.*$', type = "text" }
size  = "length(label) + i / 7"

[reduce]
total    = "sum(size)"
by_word  = "mean(size) by word"
by_label = "count() by label"
"""

SLEEP = """
name = "sleep"

[params]
i = { count = 400 }

[task]
sleep = "i % 100 == 99 ? -1 : 0"

[values]
y = "cbrt(i) / 3"

[reduce]
total = "sum(y)"
spread = "var(y)"
codes = "count() by status"
"""

# A source retrieves, a kernel computes.
WORDS = """
name = "words"

[params]
file = { glob = "texts/*.txt" }

[task]
read   = "{file}"
kernel = "words"

[reduce]
total   = "sum(words)"
average = "mean(words / lines)"
longest = "argmax(characters)"
by_file = "sum(words) by file"
"""

JOBS = {"pi": PI, "values": VALUES, "shell": SHELL, "command": COMMAND, "sleep": SLEEP, "words": WORDS}

# What must come out beside the same bits, so that the jobs go on having what they are here for.
FAILED = {"pi": 0, "values": 2 * 51 * 9, "shell": 4, "command": 0, "sleep": 4, "words": 0}


def write_jobs(folder):
    """Writes each job as NAME.toml, and the texts that one of them reads."""
    for name, text in JOBS.items():
        (folder / f"{name}.toml").write_text(text, encoding="utf-8")
    texts = folder / "texts"
    texts.mkdir()
    for number in range(40):
        words = [f"wörter{number * word % 97}" for word in range(13 * number)]
        lines = [" ".join(words[at : at + 9]) for at in range(0, len(words), 9)]
        (texts / f"{number:02}.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
