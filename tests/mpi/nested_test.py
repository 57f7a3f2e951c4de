"""Tasks that are MPI programs themselves, under mpirun: nothing of our own launcher reaches them, and nothing of them is
left behind.

    FANFOLD=build/release/fanfold PYTHONPATH=tests/support tests/mpi/nested_test.py
"""

import os
import pathlib
import tempfile
import unittest

from processes import Start, mpirun

JOB = """
[params]
i = { count = 3 }

[task]
shell = '''%s sh -c 'echo "task {i} rank $OMPI_COMM_WORLD_RANK of $OMPI_COMM_WORLD_SIZE"' | sort | tr '\\n' ';' '''
cores = 2

[reduce]
texts = "count() by status"

[run]
io_threads = 1
"""


class Nested(unittest.TestCase):
    def test_tasks_that_call_mpirun(self):
        with tempfile.TemporaryDirectory(prefix="fanfold-nested-") as folder:
            # A session of Open MPI has a folder in TMPDIR, which goes with it.
            scratch = pathlib.Path(folder, "scratch")
            scratch.mkdir()
            pathlib.Path(folder, "nested.toml").write_text(JOB % " ".join(mpirun(2)), encoding="utf-8")
            start = Start(["nested.toml", "--print=order", "--quiet"], ranks=2, folder=folder,
                          environment={"TMPDIR": str(scratch)})
            status, output, errors = start.wait()
            self.assertEqual(status, 0, errors)
            expected = "".join(f"task {i} rank 0 of 2;task {i} rank 1 of 2;" for i in range(3))
            self.assertTrue(output.startswith(expected), output + errors)
            self.assertIsNone(start.wait_until_gone())
            self.assertEqual(os.listdir(scratch), [])


if __name__ == "__main__":
    unittest.main()
