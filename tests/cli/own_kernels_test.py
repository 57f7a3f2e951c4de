"""Kernels of the user's own: from source, from a library, and what becomes of their mistakes."""

import contextlib
import json
import os
import resource
import select
import subprocess
import time

from fanfold_cli import PROGRAM, CliTest, environment, main
from processes import mpirun

INCLUDE = os.path.join(os.path.dirname(os.path.realpath(PROGRAM)), "include")

HEADER = "#include <fanfold/kernel.hpp>\n"

FALL = HEADER + """
#include <cmath>
double fall(double height, double gravity) { return std::sqrt(2 * height / gravity); }
FANFOLD_KERNELS(fanfold::per_task("fall", "how long a stone falls", fall)
                    .parameter("height", "above the ground").unit("m")
                    .parameter("gravity", "acceleration", 9.81).unit("m/s²").minimum(0.1)
                    .result("seconds", "until it lands").unit("s"))
"""
FALL_JOB = """\
[params]
height = { from = 1.0, to = 100.0, steps = 100 }
[task]
kernel = "fall.cpp"
[reduce]
total = "sum(seconds)"
"""
FALL_ANSWER = "total = 303.1813946630225  (100 of 100 tasks)\n"

# What task 13 of 20 does.
FRAGILE = HEADER + """
#include <cstdio>
#include <cstdlib>
#include <csignal>
#include <new>
#include <stdexcept>
#include <sys/prctl.h>
#include <unistd.h>
void loop() { for (volatile int k = 0;;) k = k + 1; }
void leave() { if (fork() == 0) for (;;) pause(); }
std::int64_t fragile(std::int64_t i, std::string_view how) {
  if (i != 13) return i * i;
  if (how == "crash") std::raise(SIGSEGV);
  if (how == "abort") { std::fputs("the balance is off\\n", stderr); std::abort(); }
  if (how == "loop") loop();
  if (how == "leave") leave(), std::raise(SIGSEGV);
  if (how == "hide") prctl(PR_SET_PDEATHSIG, 0), leave(), loop();
  if (how == "exit") std::exit(7);
  if (how == "memory") { char* volatile much = new char[1ULL << 32]; much[5] = 1; return much[5]; }
  throw std::runtime_error("no convergence");
}
FANFOLD_KERNELS(fanfold::per_task("fragile", "squares, but for task 13", fragile)
                    .parameter("i", "an integer").parameter("how", "what task 13 does", "throw")
                    .result("square", "i²"))
"""
FRAGILE_JOB = """\
[params]
i = { count = 20 }
[task]
kernel = "fragile.cpp"
kernel_memory = "256MiB"
[reduce]
total = "sum(square)"
[run]
timeout = "1s"
"""


class OwnKernelsTest(CliTest):
    def setUp(self):
        super().setUp()
        cache = os.environ.get("XDG_CACHE_HOME")
        os.environ["XDG_CACHE_HOME"] = self.path("cache")
        self.addCleanup(lambda: os.environ.pop("XDG_CACHE_HOME") if cache is None
                        else os.environ.update(XDG_CACHE_HOME=cache))

    def build(self, name, text, *flags, compiler="c++"):
        """A library, without CMake."""
        self.write(name, text)
        library = "lib" + name.split(".")[0] + ".so"
        subprocess.run([compiler, *flags, "-O1", "-fPIC", "-shared", "-I" + INCLUDE, name, "-o", library],
                       cwd=self.folder, check=True)
        return library

    def test_a_kernel_from_source(self):
        self.write("fall.cpp", FALL)
        self.write("fall.toml", FALL_JOB)
        self.expect(["run", "fall.toml", "--quiet"], out=FALL_ANSWER)
        self.expect(["run", "fall.toml", "--quiet", "-n", "3", "--run", "three.run"], out=FALL_ANSWER)
        self.expect(["run", "fall.toml", "--quiet", "--run", "inside.run", "--set", "isolate=false"], out=FALL_ANSWER)
        self.assertIn("kernel fall of fall.cpp, in processes of its own\n", self.fanfold("check", "fall.toml").out)

    def test_it_is_compiled_once_for_each_content(self):
        self.write("fall.toml", FALL_JOB)
        self.write("factor.hpp", "constexpr double factor = 2;\n")
        self.write("fall.cpp", '#include "factor.hpp"\n' + FALL.replace("2 * height", "factor * height"))
        cached = lambda: {name for name in os.listdir(self.path("cache/fanfold/kernels")) if name.endswith(".so")}
        self.expect(["run", "fall.toml", "--quiet"], out=FALL_ANSWER)
        first = cached()
        self.assertEqual(len(first), 1)
        self.expect(["run", "fall.toml", "--quiet", "--run", "again.run"], out=FALL_ANSWER)
        self.assertEqual(cached(), first)
        self.write("factor.hpp", "constexpr double factor = 8;\n")
        refused = self.fanfold("run", "fall.toml", "--quiet")
        self.assertEqual(refused.status, 2)
        self.assertRegex(refused.err, r"run file 'fall.run' belongs to another job:\n  task.kernel.content was \w+, is \w+\n")
        self.expect(["run", "fall.toml", "--quiet", "--fresh"], out="total = 606.362789326045  (100 of 100 tasks)\n")
        self.assertEqual(len(cached()), 2)

    def test_a_mistake_is_shown_as_the_compiler_gives_it(self):
        self.write("fall.cpp", FALL.replace("height / gravity", "hight / gravity"))
        self.write("fall.toml", FALL_JOB)
        for command in ("check", "run"):
            ended = self.fanfold(command, "fall.toml")
            self.assertEqual((ended.status, ended.out), (2, ""))
            self.assertRegex(ended.err, r"^fall.toml:4:10: cannot compile the kernel 'fall.cpp':\n")
            self.assertRegex(ended.err, r"\nfall.cpp:4:\d+: error: .*hight")
        os.environ["CXX"] = "/nowhere/c++"
        self.addCleanup(os.environ.pop, "CXX")
        self.expect(["check", "fall.toml"], status=2, err=(
            "fall.toml:4:10: cannot compile the kernel 'fall.cpp':\n"
            "no compiler: cannot start '/nowhere/c++': No such file or directory; install one, or name yours in $CXX ($CC "
            "for C)\n"))

    def test_flags_of_the_compiler(self):
        self.write("fall.cpp", FALL.replace("2 * height", "FACTOR * height"))
        self.write("fall.toml", FALL_JOB.replace("[reduce]", 'compiler_flags = ["-DFACTOR=2"]\n[reduce]'))
        self.expect(["run", "fall.toml", "--quiet"], out=FALL_ANSWER)
        self.write("wrong.toml", '[task]\nkernel = "pi"\nsamples = 1\ncompiler_flags = []\nkernel_memory = 1\n')
        self.expect(["check", "wrong.toml"], status=2, err=(
            "wrong.toml:4:1: 'compiler_flags' needs a kernel from source, such as \"heat.cpp\"\n"
            "wrong.toml:5:1: 'kernel_memory' needs 'isolate = true': it limits the process of the kernel\n"))

    def test_a_kernel_in_c(self):
        self.write("dice.c", """\
#include <fanfold/kernel.h>
static const fanfold_parameter parameters[] = {
    {.name = "sides", .type = FANFOLD_INTEGER, .description = "of the die", .default_value = "6", .minimum = "1"}};
static const fanfold_result results[] = {{.name = "eyes", .type = FANFOLD_INTEGER, .description = "1 to sides"}};
static void run(const fanfold_kernel* kernel, const fanfold_batch* batch) {
  (void)kernel;
  for (size_t task = 0; task < batch->size; ++task) {
    fanfold_integer_results(batch, 0)[task] =
        1 + (int64_t)((double)fanfold_integers(batch, 0)[task] * fanfold_uniform(batch, task, 0));
  }
}
FANFOLD_LIBRARY({.name = "dice", .summary = "a throw of a die", .draws_random = 1, .parameter_count = 1,
                 .parameters = parameters, .result_count = 1, .results = results, .run = run})
""")
        self.write("dice.toml", '[params]\nthrow = { count = 6000 }\n[task]\nkernel = "dice.c"\n'
                                '[reduce]\nmean = "mean(eyes)"\nleast = "min(eyes)"\nmost = "max(eyes)"\n')
        self.assertEqual(self.fanfold("run", "dice.toml", "--quiet").status, 0)
        found = json.loads(self.fanfold("results", "dice.run", "--json").out)
        self.assertEqual((found["least"], found["most"]), (1, 6))
        self.assertLess(abs(found["mean"] - 3.5), 5 * 1.708 / 6000 ** 0.5)
        self.assertEqual(self.fanfold("run", "dice.toml", "--quiet", "-n", "2", "--run", "two.run").status, 0)
        self.assertEqual(json.loads(self.fanfold("results", "two.run", "--json").out), found)

    def test_a_library(self):
        two = FALL.rstrip().removesuffix(")") + ',\n  fanfold::per_task("twice", "2 x", [](std::int64_t x) { return 2 * x; })' \
            '.parameter("x", "any integer").result("y", "2 x"))\n'
        library = self.build("fall.cpp", two, "-std=c++20")
        self.write("fall.toml", FALL_JOB.replace("fall.cpp", "./libfall.so:fall"))
        self.expect(["run", "fall.toml", "--quiet"], out=FALL_ANSWER)
        self.expect(["run", "fall.toml", "--quiet", "--fresh", "-n", "2"], out=FALL_ANSWER)
        shown = self.fanfold("kernels", "./" + library)
        self.assertTrue(shown.out.startswith("kernel fall: how long a stone falls\n\nparameters\n"
                                             "  height   real                              m     above the ground\n"
                                             "  gravity  real, at least 0.1, default 9.81  m/s²  acceleration\n"
                                             "\nresults\n  seconds  real  s  until it lands\n"), shown.out)
        self.assertIn("height = [10.0, 20.0, 30.0]  # above the ground [m]\n", shown.out)
        declared = json.loads(self.fanfold("kernels", "./libfall.so:fall", "--json").out)
        self.assertEqual([each["unit"] for each in declared["parameters"] + declared["results"]], ["m", "m/s²", "s"])
        self.assertIn('  kernel = "./libfall.so:twice"\n', shown.out)
        self.expect(["kernels", "./libfall.so:twic"], status=2, err=(
            "fanfold: the kernel './libfall.so:twic': it has no kernel 'twic'; did you mean 'twice'?\n"))
        self.write("fall.toml", FALL_JOB.replace("fall.cpp", "./libfall.so"))
        self.expect(["check", "fall.toml"], status=2, err=(
            "fall.toml:4:10: the kernel './libfall.so': it has several kernels, 'fall', 'twice': name one behind a colon\n"))
        self.write("fall.toml", FALL_JOB.replace("fall.cpp", "./libfall.so:fall") + '[run]\nkeep = "all"\n')
        os.remove(self.path("fall.run"))
        self.expect(["run", "fall.toml", "--quiet"], out=FALL_ANSWER)
        os.remove(self.path(library))  # what is recorded can be read without it
        self.assertEqual(self.fanfold("results", "fall.run").out, FALL_ANSWER)
        self.assertEqual(self.fanfold("results", "fall.run", "--csv", "--tasks", "99:100").out.splitlines()[1].split(",")[2],
                         str((200 / 9.81) ** 0.5))
        self.expect(["check", "fall.toml"], status=2, err=(
            f"fall.toml:4:10: cannot read the kernel '{os.path.realpath(self.folder)}/libfall.so': No such file or directory\n"))

    def test_a_rank_needs_none_of_the_files(self):
        """The rank that does the work sees neither the job's folder nor the cache: an empty file system hides them."""
        self.write("fall.cpp", FALL)
        self.write("fall.toml", FALL_JOB)
        hide = ["unshare", "-m", "sh", "-c"]
        mount = f"mount -t tmpfs none '{self.folder}'"
        if subprocess.run([*hide, mount], capture_output=True, check=False).returncode != 0:
            self.skipTest("this needs the right to mount")
        run = [PROGRAM, "run", "fall.toml", "--quiet", "--fresh", "--coordinate-only"]
        for isolate in ("true", "false"):
            with self.subTest(isolate=isolate):
                words = [*run, "--set", f"isolate={isolate}"]
                ended = subprocess.run(
                    [*mpirun(1), *words, ":", "-n", "1", *hide, f"{mount} && exec \"$@\"", "rank", *words],
                    cwd=self.folder, env=environment(), capture_output=True, text=True, timeout=60, check=False)
                self.assertEqual((ended.returncode, ended.stdout, ended.stderr), (0, FALL_ANSWER, ""))

    def test_libraries_that_cannot_be_used(self):
        job = '[task]\nkernel = "./lib{}.so"\n'
        foreign = self.build("foreign.c", "int answer(void) { return 42; }\n", compiler="cc")
        self.write("job.toml", job.format("foreign"))
        self.expect(["check", "job.toml"], status=2, err=(
            f"job.toml:2:10: the kernel './{foreign}': it has no kernels: it exports no fanfold_kernel_library, which "
            "FANFOLD_KERNELS defines\n"))
        for version in (1, 3):
            self.build(f"api{version}.c", "#include <fanfold/kernel.h>\nconst fanfold_library* fanfold_kernel_library(void) {\n"
                       f"  static const fanfold_library library = {{{version}}};\n  return &library;\n}}\n", compiler="cc")
            self.write("job.toml", job.format(f"api{version}"))
            self.expect(["check", "job.toml"], status=2, err=(
                f"job.toml:2:10: the kernel './libapi{version}.so': it was built for kernel API {version}, this fanfold has "
                "2: build it again\n"))
        self.build("early.cpp", FALL.replace(".parameter", '.unit("m").parameter', 1), "-std=c++20")
        self.write("job.toml", job.format("early"))
        self.expect(["check", "job.toml"], status=2, err=(
            "job.toml:2:10: the kernel './libearly.so': the kernel 'fall': unit() stands behind parameter() or result()\n"))
        self.build("short.cpp", FALL.replace('.parameter("height", "above the ground").unit("m")', ""), "-std=c++20")
        self.write("job.toml", job.format("short"))
        self.expect(["check", "job.toml"], status=2, err=(
            "job.toml:2:10: the kernel './libshort.so': the kernel 'fall': some of its arguments have no parameter()\n"))
        self.write("libtext.so", "no library")
        self.write("job.toml", job.format("text"))
        self.assertRegex(self.fanfold("check", "job.toml").err, r"it cannot be loaded: .*(invalid ELF header|file too short)")

    def test_parameters_are_checked_before_anything_runs(self):
        self.write("fall.cpp", FALL)
        self.write("fall.toml", '[params]\nheight = ["low"]\n[task]\nkernel = "fall.cpp"\ngravty = 1.6\n[reduce]\nt = "sum(secods)"\n')
        self.expect(["check", "fall.toml"], status=2, err=(
            "fall.toml:2:1: 'height' must be a real number for the kernel 'fall', not text\n"
            "fall.toml:5:1: unknown key 'gravty' in [task]; did you mean 'gravity'?\n"
            "fall.toml:7:10: unknown name 'secods'; did you mean 'seconds'?\n"))

    def test_whatever_a_task_does_the_others_succeed(self):
        self.write("fragile.cpp", FRAGILE)
        self.write("fragile.toml", FRAGILE_JOB)
        reasons = {
            "crash": "killed by signal 11 (SIGSEGV)",
            "abort": "killed by signal 6 (SIGABRT): the balance is off",
            "loop": "timed out after 1 s",
            "leave": "killed by signal 11 (SIGSEGV)",
            "exit": "the kernel ended its process, with exit code 7",
            "memory": "out of memory: kernel_memory is 268435456 bytes",
            "throw": "no convergence",
        }
        for how, reason in reasons.items():
            for ranks in ([], ["-n", "2"]):
                with self.subTest(how=how, ranks=ranks):
                    ended = self.fanfold("run", "fragile.toml", "--fresh", "--quiet", "--set", f"how={how}", *ranks)
                    self.assertEqual((ended.status, ended.out), (1, "total = 2301  (19 of 20 tasks)\n"))
                    self.assertIn(f"  1 task: {reason}\n    first: task 13 (i=13)", ended.err)
        self.assertEqual(self.processes(), [])

    def test_what_a_kernel_writes_is_no_answer(self):
        self.write("fragile.cpp", FRAGILE.replace("return i * i;", 'return std::printf("%ld\\n", i), i * i;'))
        self.write("fragile.toml", FRAGILE_JOB)
        ended = self.fanfold("run", "fragile.toml", "--quiet", "--tasks", "0:3", "--compute-threads", "1")
        self.assertEqual((ended.out, ended.err), ("total = 5  (3 of 20 tasks)\n", "0\n1\n2\n"))

    def test_what_a_kernel_wrote_before_its_death_is_shown(self):
        self.write("fragile.cpp", FRAGILE.replace("the balance is off", "step 7\\nthe balance is off"))
        self.write("fragile.toml", FRAGILE_JOB)
        ended = self.fanfold("run", "fragile.toml", "--quiet", "--set", "how=abort")
        self.assertIn("step 7\n", ended.err)
        self.assertIn("1 task: killed by signal 6 (SIGABRT): the balance is off\n", ended.err)

    def test_waiting_takes_no_cpu(self):
        """Neither of who waits for a batch nor of who waits for the next one."""
        self.write("nap.cpp", HEADER + "#include <unistd.h>\n"
                   "std::int64_t nap(std::int64_t i) { usleep(500'000); return i; }\n"
                   'FANFOLD_KERNELS(fanfold::per_task("nap", "waits", nap).parameter("i", "").result("y", ""))\n')
        self.write("nap.toml", '[params]\ni = { count = 4 }\n[task]\nsleep = 0.5\nkernel = "nap.cpp"\n[reduce]\ns = "sum(y)"\n')
        self.assertEqual(self.fanfold("check", "nap.toml").status, 0)  # compiles it
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.expect(["run", "nap.toml", "--quiet", "--compute-threads", "1", "--io-threads", "1"],
                    out="s = 6  (4 of 4 tasks)\n")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertLess(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime, 1.0)

    def test_no_process_outlives_the_run(self):
        self.write("fragile.cpp", FRAGILE)
        self.write("fragile.toml", FRAGILE_JOB)
        for how, count in [("loop", 1), ("hide", 2)]:
            with self.subTest(how=how):
                running = self.start("run", "fragile.toml", "--quiet", "--fresh", "--set", f"how={how}", "--timeout", "1h",
                                     "--compute-threads", "1")
                self.wait_until(lambda: self.is_live("fragile.run") and len(self.processes()) == count and self.spins(),
                                running, "the loop")
                running.kill()
                running.communicate()
                for pid in self.processes():
                    self.wait_for_end(pid)
                self.assertEqual(self.processes(), [])

    def spins(self):
        """True if one of the kernels' processes has used CPU time in the last tenth of a second."""
        before = self.cpu_ticks()
        time.sleep(0.1)
        return self.cpu_ticks() > before + 3

    def cpu_ticks(self):
        ticks = 0
        for pid in self.processes():
            with contextlib.suppress(OSError), open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as file:
                ticks += int(file.read().rpartition(")")[2].split()[11])
        return ticks

    def is_live(self, run):
        return os.path.exists(self.path(run + ".live"))

    def wait_for_end(self, pid):
        """A process that is no child of ours is waited for through a descriptor of it."""
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        self.assertTrue(poller.poll(10_000), "a kernel's process outlived its parent")
        os.close(descriptor)

    def processes(self):
        """The kernels' processes that were started for this test."""
        found = []
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                with open(f"/proc/{pid}/cmdline", "rb") as file:
                    words = file.read().split(b"\0")
            except OSError:
                continue
            if b"isolated-kernel" in words and any(self.folder.encode() in word for word in words):
                found.append(int(pid))
        return found


if __name__ == "__main__":
    main()
