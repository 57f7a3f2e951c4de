"""The folders of src/ depend on one another in one direction, and each outside library has one user.

The arrows are those that src/CMakeLists.txt builds along: a folder includes its own headers and those of the folders
that it may link, nothing else.
"""

import pathlib
import re
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent
SRC = ROOT / "src"

# folder: the folders that it may include directly
ARROWS = {
    "core": set(),
    "expr": {"core"},
    "kernel": {"core", "expr"},
    "reduce": {"core", "expr"},
    "job": {"core", "expr", "kernel", "reduce"},
    "schedule": {"core", "job"},
    "exec": {"core", "expr", "kernel", "reduce", "job"},
    "journal": {"core", "expr", "job"},
    "run": {"core", "expr", "reduce", "job", "schedule", "exec", "journal"},
    "http": {"core", "exec"},
    "sql": {"core", "exec"},
    "mpi": {"core", "exec", "job", "run"},
    "report": {"core", "expr", "reduce", "job", "journal", "run"},
    "submit": {"core", "job", "exec"},
    "doctor": {"core"},
    "cli": {"core", "kernel", "schedule", "exec", "job", "journal", "mpi", "report", "run", "submit", "doctor"},
}

# part of an include: the only places that may have it
SOLE_USERS = {
    "boost/mpi": ["src/mpi/"],
    "mpi.h": ["src/mpi/"],
    "sqlite3.h": ["src/journal/", "src/sql/"],
    "SQLiteCpp/": ["src/journal/"],
    "curl/": ["src/http/"],
    "soci/": ["src/sql/"],
    "libpq-fe.h": ["src/sql/"],
    "toml++/": ["src/job/toml_document.cpp"],
    "CLI/": ["src/cli/"],
    "gmp.h": ["src/core/big_integer.cpp"],
}

INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]', re.MULTILINE)


def includes(path):
    return INCLUDE.findall(path.read_text())


def sources():
    return [path for path in sorted(SRC.rglob("*")) if path.suffix in (".cpp", ".hpp", ".h")]


class Layout(unittest.TestCase):
    def test_every_folder_is_known(self):
        folders = {path.name for path in SRC.iterdir() if path.is_dir() and any(path.iterdir())}
        self.assertEqual(folders, set(ARROWS))

    def test_includes_follow_the_arrows(self):
        wrong = []
        for path in sources():
            folder = path.relative_to(SRC).parts[0]
            for quote, name in includes(path):
                if quote != '"' or "/" not in name:
                    continue
                other = name.split("/")[0]
                if other != folder and other in ARROWS and other not in ARROWS[folder]:
                    wrong.append(f"{path.relative_to(ROOT)} includes {name}")
        self.assertEqual(wrong, [])

    def test_the_arrows_have_no_cycle(self):
        order = []
        left = dict(ARROWS)
        while left:
            free = sorted(folder for folder, others in left.items() if others <= set(order))
            self.assertTrue(free, f"a cycle among {sorted(left)}")
            order += free
            for folder in free:
                del left[folder]

    def test_each_library_has_one_user(self):
        wrong = []
        for path in sources():
            place = str(path.relative_to(ROOT))
            for _, name in includes(path):
                for part, users in SOLE_USERS.items():
                    if (name == part or (part.endswith("/") or "/" in part) and name.startswith(part)) and not any(
                        place.startswith(user) for user in users
                    ):
                        wrong.append(f"{place} includes {name}")
        self.assertEqual(wrong, [])

    def test_public_headers_need_public_headers_only(self):
        wrong = []
        for path in sorted((ROOT / "include").rglob("*.hpp")):
            for quote, name in includes(path):
                if quote == '"' or ("/" in name and not name.startswith("fanfold/")):
                    wrong.append(f"{path.relative_to(ROOT)} includes {name}")
        self.assertEqual(wrong, [])


if __name__ == "__main__":
    unittest.main()
