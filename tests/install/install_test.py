"""Installs the build into a new folder, and uses it from there: the program alone and under mpirun, and the package."""

import json
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

HERE = pathlib.Path(__file__).resolve().parent
BUILD = pathlib.Path(os.environ["FANFOLD"]).parent


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, timeout=120, **options).stdout


class Install(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="fanfold-install-"))
        self.addCleanup(shutil.rmtree, self.folder)
        self.prefix = self.folder / "prefix"
        run("cmake", "--install", str(BUILD), "--prefix", str(self.prefix))

    def test_the_installed_program_runs_alone_and_on_ranks(self):
        program = str(self.prefix / "bin" / "fanfold")
        job = self.folder / "sum.toml"
        job.write_text('[params]\ni = { count = 100 }\n[values]\ny = "i"\n[reduce]\ns = "sum(y)"\n')
        expected = "s = 4950  (100 of 100 tasks)\n"
        self.assertEqual(run(program, "run", str(job), "--quiet", cwd=self.folder), expected)
        on_ranks = run(program, "run", "-n", "2", str(job), "--quiet", "--fresh", cwd=self.folder)
        self.assertEqual(on_ranks, expected)

    def test_the_manual_page_and_the_completion_are_those_of_the_program(self):
        program = str(self.prefix / "bin" / "fanfold")
        page = self.prefix / "share" / "man" / "man1" / "fanfold.1"
        self.assertEqual(page.read_text(), run(program, "man"))
        script = self.prefix / "share" / "bash-completion" / "completions" / "fanfold"
        self.assertEqual(script.read_text(), run(program, "completion", "bash"))
        listed = run("bash", "--norc", "-c", f"source '{script}'; complete -p fanfold")
        self.assertEqual(listed, "complete -F _fanfold fanfold\n")

    def test_a_consumer_builds_against_the_package(self):
        build = self.folder / "build"
        run("cmake", "-G", "Ninja", "-S", str(HERE / "consumer"), "-B", str(build), f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", str(build))
        self.assertEqual(run(str(build / "consumer")), "doubling 6627e8d5\n")  # Random123's first known answer

    def test_a_library_of_kernels_is_built_against_the_package(self):
        program = str(self.prefix / "bin" / "fanfold")
        plugin = self.folder / "plugin"
        shutil.copytree(self.prefix / "share" / "fanfold" / "jobs" / "plugin", plugin)
        run("cmake", "-G", "Ninja", "-S", str(plugin), "-B", str(plugin / "build"), f"-DCMAKE_PREFIX_PATH={self.prefix}")
        run("cmake", "--build", str(plugin / "build"))
        answer = json.loads(run(program, "run", str(plugin / "walk.toml"), "--json", "--quiet", cwd=self.folder))
        found = answer["results"]
        self.assertLess(abs(found["mean_square"] - 1024), 5 * found["error"])
        for flags in (["-n", "2"], ["--set", "isolate=false"]):
            again = run(program, "run", str(plugin / "walk.toml"), "--json", "--quiet", "--fresh", *flags, cwd=self.folder)
            self.assertEqual(json.loads(again)["results"], found)
        fast = (plugin / "walk.toml").read_text().replace(":walk", ":fast_walk").replace("steps  = 1024", "blocks = 8")
        (plugin / "fast.toml").write_text(fast)
        self.assertEqual(json.loads(run(program, "run", str(plugin / "fast.toml"), "--json", "--quiet", cwd=self.folder))
                         ["results"], found)

    def test_a_kernel_from_source_is_compiled_with_the_installed_headers(self):
        program = str(self.prefix / "bin" / "fanfold")
        job = str(self.prefix / "share" / "fanfold" / "jobs" / "heat.toml")
        environment = {**os.environ, "XDG_CACHE_HOME": str(self.folder / "cache")}
        out = run(program, "run", job, "--quiet", cwd=self.folder, env=environment)
        self.assertRegex(out, r"coldest = task 5: diffusivity=0.00012  \(6 of 6 tasks\)")


if __name__ == "__main__":
    unittest.main()
