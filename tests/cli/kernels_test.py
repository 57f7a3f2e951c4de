"""fanfold kernels: what it says of each kernel and source, and that its examples are jobs."""

import json

from fanfold_cli import CliTest, main

RANGE_SUM = """\
kernel range_sum: the sum of a range of integers
method: Gauss's formula, in 128-bit integers

parameters
  from  integer, default 0  the first integer of the range
  to    integer             the end of the range: the first integer after it

results
  sum  integer  the sum; 0 if `to` is not above `from`

example
  # range_sum: the sum of a range of integers
  [params]
  to = [10, 20, 30]  # the end of the range: the first integer after it

  [task]
  kernel = "range_sum"
  # from = 0  # the first integer of the range (the default)

  [reduce]
  sum_of_sum = "sum(sum)"  # the sum; 0 if `to` is not above `from`
"""

READ = """\
source read: reads a file, decompressed, or a part of it

keys of [task]
  read        template of a path          path of the file, relative to the job file's folder
  bytes       two numbers or expressions  only these: the first, and the one after the last
  decompress  true or false               gzip and zstd, by content: true, but false with 'bytes'
  max_bytes   size or expression          a longer file, or longer contents, fail: 1 GiB

results
  bytes  integer  byte  size of what was read, decompressed
"""


class KernelsTest(CliTest):
    def names(self):
        listed = json.loads(self.fanfold("kernels", "--json").out)
        return [kernel["name"] for kernel in listed["kernels"]], [source["name"] for source in listed["sources"]]

    def test_list(self):
        ended = self.fanfold("kernels")
        self.assertEqual((ended.status, ended.err), (0, ""))
        kernels, sources = self.names()
        self.assertIn("pi", kernels)
        self.assertEqual(sources[:6], ["command", "shell", "worker", "read", "http", "sql"])
        head, _, tail = ended.out.partition("\nsources\n")
        self.assertEqual([line.split()[0] for line in head.splitlines()], ["kernels", *kernels])
        for name in sources:
            self.assertIn(f"  {name}: ", tail)
        self.assertRegex(tail, r"    cwd +the folder in which it runs, relative to the job file's folder\n")

    def test_one_kernel(self):
        self.expect(["kernels", "range_sum"], out=RANGE_SUM)

    def test_units(self):
        shown = self.fanfold("kernels", "black_scholes").out
        self.assertIn("\n  spot        real, at least 0.0               currency  price of the share today\n", shown)
        self.assertIn("\n  volatility  real, at least 0.0, default 0.2  1/√year   standard deviation of", shown)
        self.assertIn("\n  paths       integer, at least 0, default 0             Monte Carlo paths;", shown)
        self.assertIn("\nspot = 1000.0  # price of the share today [currency]\n",
                      self.fanfold("kernels", "black_scholes", "--example").out)
        self.write("short.toml", '[task]\nkernel = "black_scholes"\nspot = 1.0\n')
        self.assertIn("needs 'strike', a real number (price at which the option buys or sells it [currency]): give it",
                      self.fanfold("check", "short.toml").err)

    def test_one_source(self):
        self.expect(["kernels", "read"], out=READ)

    def test_json(self):
        ended = self.fanfold("kernels", "range_sum", "--json")
        kernel = json.loads(ended.out)
        example = kernel.pop("example")
        self.assertEqual(example, self.fanfold("kernels", "range_sum", "--example").out)
        self.assertEqual(kernel, {
            "name": "range_sum",
            "summary": "the sum of a range of integers",
            "source": "Gauss's formula, in 128-bit integers",
            "takes_input": False,
            "draws_random": False,
            "parameters": [
                {"name": "from", "type": "integer", "unit": "", "description": "the first integer of the range", "default": 0},
                {"name": "to", "type": "integer", "unit": "",
                 "description": "the end of the range: the first integer after it"}],
            "results": [{"name": "sum", "type": "integer", "unit": "",
                         "description": "the sum; 0 if `to` is not above `from`"}],
        })
        source = json.loads(self.fanfold("kernels", "sleep", "--json").out)
        self.assertEqual(source, {"name": "sleep", "summary": "waits for some seconds", "has_output": False, "keys": [
            {"name": "sleep", "kind": "number or expression", "description": "seconds; fractions are possible"}],
            "results": []})

    def test_every_example_is_a_job(self):
        """The files that an example reads are the only thing that it needs."""
        kernels, _ = self.names()
        for name in ["first.txt", "second.txt"]:
            self.write(name, "1 2 3\n4 5 6\n")
        for kernel in kernels:
            with self.subTest(kernel=kernel):
                self.write(f"{kernel}.toml", self.fanfold("kernels", kernel, "--example").out)
                checked = self.fanfold("check", f"{kernel}.toml")
                self.assertEqual((checked.status, checked.err), (0, ""))
                ran = self.fanfold("run", f"{kernel}.toml", "--quiet")
                self.assertEqual((ran.status, ran.err), (0, ""))

    def test_mistakes(self):
        self.expect(["kernels", "pie"], status=2,
                    err="fanfold: unknown kernel 'pie'; did you mean 'pi'?\ntry: fanfold kernels\n")
        self.expect(["kernels", "zzzzzz"], status=2, err="fanfold: unknown kernel 'zzzzzz'\ntry: fanfold kernels\n")
        self.expect(["kernels", "--example"], status=2, err="fanfold: --example needs the name of a kernel\n")
        self.expect(["kernels", "read", "--example"], status=2,
                    err="fanfold: 'read' is a source; --example is for kernels\n")


if __name__ == "__main__":
    main()
