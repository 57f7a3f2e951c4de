"""Every job of jobs/ gives the answer that is known without it."""

import csv
import glob
import gzip
import json
import math
import os
import statistics
import subprocess
import unittest
from fractions import Fraction

from fanfold_cli import PROGRAM, REPOSITORY, CliTest, environment, main

JOBS = os.path.join(REPOSITORY, "jobs")


def data(*names):
    return os.path.join(JOBS, "data", *names)


class JobsTest(CliTest):
    tested = set()

    def answers(self, job, *flags, before=()):
        """The results of a job of jobs/, of which all tasks succeed."""
        self.tested.add(job)
        ended = self.run_program("run", os.path.join(JOBS, job + ".toml"), "--json", "--quiet", "--fresh", *flags,
                                 before=before)
        self.assertEqual((ended.stderr, ended.returncode), ("", 0))
        answer = json.loads(ended.stdout)
        self.assertEqual((answer["failed"], answer["succeeded"]), (0, answer["tasks"]))
        self.tasks = answer["tasks"]
        return answer["results"]

    def rows(self, job):
        """The rows of the run before."""
        return list(csv.DictReader(self.run_program("results", job + ".run", "--csv").stdout.splitlines()))

    def run_program(self, *arguments, before=()):
        return subprocess.run([*before, PROGRAM, *arguments], cwd=self.folder, env=environment(), capture_output=True,
                              text=True, timeout=100, check=False)

    def test_pi(self):
        found = self.answers("pi")
        self.assertEqual(self.tasks, 1000)
        self.assertLess(abs(found["pi"] - math.pi), 5 * found["err"])
        expected_error = 4 * math.sqrt(math.pi / 4 * (1 - math.pi / 4) / 1e10)
        self.assertLess(abs(found["err"] / expected_error - 1), 0.15)

    def test_ep(self):
        found = self.answers("ep")
        self.assertEqual(found["verification"], "VERIFIED")
        self.assertLess(abs(found["sx"] / -3247.834652034740 - 1), 1e-12)
        self.assertLess(abs(found["accepted"] - math.pi / 4), 1e-4)
        self.assertEqual(self.answers("ep", "--set", "class=W")["verification"], "VERIFIED")
        part = self.run_program("run", os.path.join(JOBS, "ep.toml"), "--tasks", "1:256", "--quiet", "--run", "part.run")
        self.assertIn("verification = NOT VERIFIED  (255 of 256 tasks)\n", part.stdout)

    def test_range_sum(self):
        self.assertEqual(self.answers("range_sum"), {"total": sum(range(10**7))})
        self.assertEqual(self.answers("range_sum", "--set", "size=1_000_000"), 
                         {"total": str(10**9 * (10**9 - 1) // 2)})  # beyond 2^53

    def test_scrape(self):
        found = self.answers("scrape", before=["python3", data("serve.py")])
        pages = [(number * 37 % 101) / 4 - 5 for number in range(400)]
        self.assertEqual(found["pages"], 400)
        self.assertEqual(found["warmest"]["task"], pages.index(max(pages)))
        self.assertEqual({row["station"]: row["value"] for row in found["by_station"]},
                         {name: exact_mean(pages[first::4])
                          for first, name in enumerate(["amber", "basalt", "cobalt", "dune"])})
        self.assertEqual(self.answers("scrape", "-n", "2", "--run", "ranks.run", before=["python3", data("serve.py")]), found)

    def test_sql(self):
        subprocess.run(["python3", data("stations.py"), "stations.db"], cwd=self.folder, check=True)
        found = self.answers("sql", "--set", f"database=sqlite:{self.path('stations.db')}")
        self.assertEqual((found["days"], found["warmest"]["params"], found["highest"]), (358, {"month": 7}, 21))
        days = [20 - 3 * abs(month - 7) + (day * 7 % 9 - 4) / 4
                for month in range(1, 13) for day in range(1, 29 if month == 2 else 31)]
        self.assertAlmostEqual(found["average"], exact_mean(days), places=12)

    def test_heat(self):
        def middle(diffusivity, seconds=1200.0, cells=200):
            """The scheme of heat.cpp, operation by operation: the same bits."""
            width = 1.0 / cells
            steps = int(seconds * diffusivity / (0.4 * width * width)) + 1
            factor = seconds / steps * diffusivity / (width * width)
            now = [0.0] + [100.0] * (cells - 1) + [0.0]
            for _ in range(steps):
                now = [0.0] + [b + factor * (a - 2.0 * b + c) for a, b, c in zip(now, now[1:], now[2:])] + [0.0]
            return now[len(now) // 2]

        found = self.answers("heat")
        diffusivities = [float(row["diffusivity"]) for row in self.rows("heat")]
        self.assertEqual(len(diffusivities), 6)
        self.assertEqual(found["middles"], [middle(each) for each in diffusivities])
        # The first term of Fourier's series is all that is left of it where the rod has cooled for long.
        fourier = 400 / math.pi * math.exp(-math.pi**2 * diffusivities[-1] * 1200)
        self.assertLess(abs(found["middles"][-1] / fourier - 1), 0.02)

    def test_double(self):
        self.assertEqual(self.answers("double"), {"total": 2 * sum(range(100)), "largest": 198})
        self.assertEqual([int(row["twice"]) for row in self.rows("double")], [2 * x for x in range(100)])

    def test_percent(self):
        with open(data("percent.csv"), encoding="utf-8") as file:
            percents = [100 * float(row["x"]) / float(row["y"]) for row in csv.DictReader(file)]
        found = self.answers("percent")
        self.assertEqual(found["mean"], exact_mean(percents))
        self.assertEqual(found["low"], min(percents))
        self.assertEqual(found["high"]["task"], percents.index(max(percents)))
        self.assertEqual([float(row["pct"]) for row in self.rows("percent")], percents)

    def test_sentences(self):
        with open(data("sentences.txt"), encoding="utf-8") as file:
            words = [len(line.split()) for line in file]
        found = self.answers("sentences")
        self.assertEqual((found["sentences"], found["words"]), (len(words), sum(words)))
        self.assertEqual(found["mean"], sum(words) / len(words))
        self.assertEqual(found["longest"]["task"], words.index(max(words)))
        self.assertEqual([int(row["words"]) for row in self.rows("sentences")], words)

    def test_word_count(self):
        words = {}
        for path in sorted(glob.glob(data("texts", "*.txt"))):
            with open(path, encoding="utf-8") as file:
                words[os.path.relpath(path, JOBS)] = len(file.read().split())
        found = self.answers("word_count")
        self.assertEqual(found["total"], sum(words.values()))
        self.assertEqual({row["file"]: row["value"] for row in found["by_file"]}, words)

    def test_square_roots(self):
        self.assertEqual(self.answers("square_roots"), {"total": sum(range(100_000)), "exact": True})

    def test_naps(self):
        self.assertEqual(self.answers("naps"), {"naps": 20})

    def test_queries(self):
        found = self.answers("queries", "--set", "seconds=[0.1, 0.8, 0.15, 0.2]")
        self.assertEqual(found["longest"]["task"], 1)
        self.assertEqual(found["replies"], [0.1 * 0.1, 0.8 * 0.8, 0.15 * 0.15, 0.2 * 0.2])
        # The long query is among the first two to begin, though it stands second or last.
        for order in ("[0.1, 0.8, 0.15, 0.2]", "[0.1, 0.15, 0.2, 0.8]"):
            self.answers("queries", "--set", "seconds=" + order)
            rows = sorted(self.rows("queries"), key=lambda row: float(row["start"]))
            self.assertIn("0.8", [row["seconds"] for row in rows[:2]])

    def test_count_down(self):
        found = self.answers("count_down")
        self.assertEqual(found, {"squares": [1, 64, 2.25, 4], "steps": 250_000_000})
        found = self.answers("count_down", "--set", "x=2", "--set", "copy={count=16}")
        self.assertEqual(found, {"squares": [4] * 16, "steps": 16 * 40_000_000})

    def test_product(self):
        found = self.answers("product")
        numbers = [int(row["number"]) for row in self.rows("product")]
        self.assertEqual((len(numbers), len(set(numbers))), (50_000, 50_000))
        self.assertTrue(1 <= min(numbers) and max(numbers) <= 1_000_000)
        self.assertEqual(found["sum"], sum(numbers))
        self.assertEqual(found["even"], sum(number % 2 == 0 for number in numbers))
        digits = decimal_text(math.prod(numbers))
        self.assertEqual(found["product"], digits)
        self.assertEqual(json.loads(self.run_program("results", "product.run", "--json").stdout)["product"], digits)
        self.assertIn(f"product = {digits[:20]}…{digits[-20:]} ({len(digits):,} digits; --json has all)  (50,000",
                      self.run_program("results", "product.run").stdout)

    def test_starmap(self):
        self.assertEqual(self.answers("starmap"), {"powers": [2**10, 3**4, 10**9, (-1) ** 3]})

    def test_ensemble(self):
        with open(data("models", "temperatures.csv"), encoding="utf-8") as file:
            years, celsius = zip(*[(float(row["year"]), float(row["celsius"])) for row in csv.DictReader(file)])
        slope, intercept = statistics.linear_regression(years, celsius)
        level = celsius[0]
        for value in celsius[1:]:
            level = 0.3 * value + 0.7 * level
        expected = {"average": statistics.mean(celsius), "persistence": celsius[-1], "smoothing": level,
                    "trend": intercept + slope * (years[-1] + 1)}
        found = self.answers("ensemble")
        by_model = {row["model"]: row["value"] for row in found["by_model"]}
        self.assertEqual(sorted(by_model), sorted(expected))
        for model, value in expected.items():
            self.assertAlmostEqual(by_model[model], value, places=5)
        self.assertAlmostEqual(found["estimate"], statistics.mean(expected.values()), places=5)
        self.assertAlmostEqual(found["spread"], statistics.stdev(expected.values()), places=5)

    def test_preprocess(self):
        lines, words = {}, {}
        for path in sorted(glob.glob(data("logs", "*.gz"))):
            with gzip.open(path, "rt", encoding="utf-8") as file:
                text = file.read()
            name = os.path.relpath(path, JOBS)
            lines[name], words[name] = text.count("\n"), len(text.split())
        found = self.answers("preprocess")
        self.assertEqual(found["lines"], sum(lines.values()))
        self.assertEqual({row["file"]: row["value"] for row in found["by_file"]}, words)
        ratios = [words[name] / lines[name] for name in lines]
        self.assertEqual(found["mean"], exact_mean(ratios))
        self.assertEqual(found["wordy"]["task"], ratios.index(max(ratios)))

    def test_sort(self):
        found = self.answers("sort")
        # Of n uniform numbers, a quartile has the variance p(1 − p)/n; the difference of two 0.25/n.
        self.assertLess(abs(found["middle"] - 0.5), 5 * math.sqrt(0.25 / 16e6))
        self.assertLess(abs(found["spread"] - 0.5), 5 * math.sqrt(0.25 / 16e6))
        self.assertLess(found["lowest"], 20 / 16e6)
        self.assertEqual(found, self.answers("sort", "--compute-threads", "3", "--chunk", "1"))

    def test_mandelbrot(self):
        found = self.answers("mandelbrot", "--picture", "mandelbrot.png")
        self.assertEqual(found["image"], {"width": 1024, "height": 768})
        self.assertLess(abs(found["area"] - 1.5066), 0.01)  # Förstemann, 2012: 1.5065918849
        with open(self.path("mandelbrot.png"), "rb") as file:
            self.assertEqual(file.read(8), b"\x89PNG\r\n\x1a\n")

    def test_options(self):
        found = self.answers("options")
        self.assertEqual(self.tasks, 15)
        self.assertLess(found["largest_parity_error"], 1e-12)
        self.assertLess(found["furthest_off"], 4)
        calls = [black_scholes_call(100, strike, 0.03, volatility, 0.5)
                 for strike in (80, 90, 100, 110, 120) for volatility in (0.1, 0.2, 0.4)]
        for call, expected in zip(found["calls"], calls, strict=True):
            self.assertAlmostEqual(call, expected, places=12)

    def test_integrals(self):
        found = self.answers("integrals")
        for integral, a in zip(found["integrals"], (1, 10, 100, 1000), strict=True):
            self.assertAlmostEqual(integral, math.atan(a) / a, places=10)
        self.assertLess(found["largest_off"], 1e-10)

    def test_statistics(self):
        columns = []
        for path in sorted(glob.glob(data("columns", "*.txt"))):
            with open(path, encoding="utf-8") as file:
                columns.append([float(line) for line in file])
        numbers = [number for column in columns for number in column]
        found = self.answers("statistics")
        self.assertEqual((found["count"], found["smallest"], found["largest"]),
                         (len(numbers), min(numbers), max(numbers)))
        self.assertAlmostEqual(found["mean"] / exact_mean(numbers), 1, places=14)
        for spread, column in zip(found["spread"], columns, strict=True):
            self.assertEqual(spread, math.sqrt(float(statistics.variance(map(Fraction, column)))))

    def test_simulate(self):
        found = self.answers("simulate")
        self.assertEqual(self.tasks, 12)
        errors = {(row["method"], int(row["steps"])): float(row["error"]) for row in self.rows("simulate")}
        for (method, steps), error in errors.items():
            self.assertEqual(error, float(f"{pendulum_error(method, steps):.9e}"))
        best = {row["method"]: row["value"]["params"]["steps"] for row in found["best"]}
        self.assertEqual(best, {method: min((error, steps) for (name, steps), error in errors.items()
                                            if name == method)[1]
                                for method in ("euler", "midpoint", "symplectic")})

    def test_hyperparameters(self):
        found = self.answers("hyperparameters")
        self.assertEqual(self.tasks, 45)
        losses = {}
        for row in self.rows("hyperparameters"):
            learned = subprocess.run(["python3", data("learner.py"), "--rate", row["rate"], "--penalty", row["penalty"],
                                      "--fold", row["fold"]], capture_output=True, text=True, check=True)
            self.assertEqual(float(row["loss"]), json.loads(learned.stdout)["loss"])
            losses.setdefault((float(row["rate"]), float(row["penalty"])), []).append(float(row["loss"]))
        means = {key: exact_mean(values) for key, values in losses.items()}
        self.assertEqual({(row["rate"], row["penalty"]): row["value"] for row in found["loss"]}, means)
        self.assertTrue(all(row["value"] > 0.6 for row in found["accuracy"]))
        self.assertEqual(self.answers("hyperparameters_command"), found)

    def test_zz_no_job_is_left_out(self):
        if len(self.tested) > 1:  # not when one test is run by its name
            jobs = {os.path.basename(path)[:-len(".toml")] for path in glob.glob(os.path.join(JOBS, "*.toml"))}
            self.assertEqual(self.tested, jobs)

    def test_each_job_opens_with_its_idea_and_has_a_line_in_the_readme(self):
        with open(os.path.join(REPOSITORY, "README.md"), encoding="utf-8") as file:
            readme = file.read()
        for path in glob.glob(os.path.join(JOBS, "*.toml")):
            with open(path, encoding="utf-8") as file:
                self.assertRegex(file.readline(), r"^# [A-Z].{40}", path)
            self.assertIn(f"fanfold run jobs/{os.path.basename(path)}`", readme)


def black_scholes_call(spot, strike, rate, volatility, years):
    deviation = volatility * math.sqrt(years)
    d1 = (math.log(spot / strike) + (rate + volatility**2 / 2) * years) / deviation
    below = [math.erfc(-d / math.sqrt(2)) / 2 for d in (d1, d1 - deviation)]
    return spot * below[0] - strike * math.exp(-rate * years) * below[1]


def exact_mean(numbers):
    """Rounded once."""
    return float(sum(map(Fraction, numbers)) / len(numbers))


def decimal_text(number):
    """str of an integer of any size: Python refuses to convert more than 4,300 digits at once."""
    pieces = []
    while number:
        number, piece = divmod(number, 10**4000)
        pieces.append(f"{piece:04000d}" if number else str(piece))
    return "".join(reversed(pieces)) or "0"


def pendulum_error(method, steps):
    """The same steps in the same order of operations as data/pendulum.awk."""
    h = 20 * 3.14159265358979 / steps
    x, v = 1.0, 0.0
    for _ in range(steps):
        if method == "euler":
            x, v = x + h * v, v + h * -x
        elif method == "symplectic":
            v -= h * x
            x += h * v
        else:
            middle_x, middle_v = x + h / 2 * v, v - h / 2 * x
            x, v = x + h * middle_v, v - h * middle_x
    return abs(x - 1)


if __name__ == "__main__":
    main()
