"""The source sql: values and tables from SQLite and PostgreSQL, bound values, faults, and passwords that are not told."""

import glob
import json
import os
import signal
import sqlite3
import subprocess

from fanfold_cli import PROGRAM, CliTest, environment, main
from postgresql import PASSWORD, Cluster

TABLE = """
create table sites (id integer primary key, name text, height double precision, visits bigint);
insert into sites values (0, 'lake; drop table sites', 0.1, 5000000000), (1, 'the "big" one', 2.5, null), (2, '', null, 7),
  (3, 'it''s', 1e300, -1);
"""
ROWS = [{"id": 0, "name": "lake; drop table sites", "height": 0.1}, {"id": 1, "name": 'the "big" one', "height": 2.5},
        {"id": 2, "name": "", "height": None}, {"id": 3, "name": "it's", "height": 1e300}]

JOB = """
[params]
id = { count = 4 }

[task]
sql = "select name, height, 3 * height as triple, visits from sites where id = {id}"
database = "DATABASE"

[values]
name   = { column = "name", type = "text" }
height = { column = "height" }
triple = { column = "triple" }
visits = { column = "visits" }
"""


class SqlTest(CliTest):
    def run_job(self, text, *flags, status=0, name="ask", **variables):
        self.write(name + ".toml", text)
        ended = subprocess.run([PROGRAM, "run", name + ".toml", "--json", "--quiet", "--fresh", *flags], cwd=self.folder,
                               env=environment(**variables), text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        rows = subprocess.run([PROGRAM, "results", name + ".run", "--jsonl"], cwd=self.folder, env=environment(), text=True,
                              capture_output=True, timeout=60, check=True).stdout.splitlines()
        return [json.loads(row) for row in rows]

    def sqlite(self, statements=TABLE):
        with sqlite3.connect(self.path("data.db")) as database:
            database.executescript(statements)
        return "sqlite:data.db"

    def expect_sites(self, rows):
        self.assertEqual([(row["name"], row["rows"]) for row in rows], [(site["name"], 1) for site in ROWS])
        number = lambda value: float("nan") if value is None else float(value)
        self.assertEqual([repr(number(row["height"])) for row in rows], [repr(number(site["height"])) for site in ROWS])
        self.assertEqual(rows[0]["triple"], 3 * 0.1)
        self.assertEqual(rows[0]["visits"], 5e9)

    def test_rows_of_sqlite_become_values(self):
        database = self.sqlite()
        self.expect_sites(self.run_job(JOB.replace("DATABASE", database)))
        self.assertEqual(self.fanfold("output", "ask.run", "0").out,
                         "name,height,triple,visits\nlake; drop table sites,0.1,0.30000000000000004,5000000000\n")
        self.assertEqual(self.fanfold("output", "ask.run", "1").out,
                         'name,height,triple,visits\n"the ""big"" one",2.5,7.5,\n')
        self.assertEqual(self.fanfold("output", "ask.run", "2").out, 'name,height,triple,visits\n"",,,7\n')

    def test_values_are_bound(self):
        database = self.sqlite()
        rows = self.run_job(f"""
[params]
name = ["it's", "x' or '1'='1", "lake; drop table sites", ""]
[task]
sql = "select count(*) as n, {{name}} as given, typeof({{index}}) as kind, typeof({{index:03d}}) as padded from sites where name = {{name}}"
database = "{database}"
[values]
n = {{ column = "n", type = "integer" }}
given = {{ column = "given", type = "text" }}
kinds = {{ regex = "integer,text", type = "text" }}
""")
        self.assertEqual([(row["n"], row["given"]) for row in rows],
                         [(1, "it's"), (0, "x' or '1'='1"), (1, "lake; drop table sites"), (1, "")])
        self.write("quoted.toml", "[params]\nx = ['a']\n[task]\ndatabase = 'sqlite:data.db'\nsql = \"select '{x}', {x}\"\n")
        self.expect(["check", "quoted.toml"], status=2, err="quoted.toml:5:17: '{x}' stands in quotes, but its value is bound "
                    "to the statement: drop the quotes\n")
        self.write("pasted.toml", "[params]\nx = ['a']\n[task]\ndatabase = 'sqlite:data.db'\nsql = 'select {x:raw}'\n")
        self.expect(["check", "pasted.toml"], status=2, err="pasted.toml:5:16: '{x:raw}' is not possible in SQL: values are "
                    "bound to the statement, never pasted into it\n")

    def test_a_kernel_takes_the_rows(self):
        database = self.sqlite()
        rows = self.run_job('[task]\nsql = "select id, height from sites order by id"\nkernel = "words"\n'
                            f'database = "{database}"\n')
        self.assertEqual((rows[0]["rows"], rows[0]["lines"]), (4, 5))

    def test_faults_are_errors_of_tasks(self):
        database = self.sqlite()
        for statement, error in (("select nope from sites", "no such column: nope"), ("selekt 1", 'near "selekt": syntax error'),
                                 ("select 1 as x where 0", "value 'x': its output has no row, not one"),
                                 ("select 1 as x union select 2", "value 'x': its output has several rows, not one"),
                                 ("select null as x", "value 'x': it is NULL, which is no integer"),
                                 ("select 1 as xx", "value 'x': its output has no column 'x'; did you mean 'xx'?"),
                                 ("select 'abc' as x", "value 'x': 'abc' is not a number")):
            rows = self.run_job(f'[task]\nsql = "{statement}"\ndatabase = "{database}"\n[values]\n'
                                'x = { column = "x", type = "integer" }\n', status=1)
            self.assertEqual(rows[0]["error"], error)
        for where, error in (("sqlite:nothing.db", "cannot open the database 'nothing.db': No such file or directory"),
                             ("mysql://x", "'mysql://x' is no database: it begins with sqlite: or postgresql://")):
            rows = self.run_job(f'[params]\ndatabase = ["{where}"]\n[task]\nsql = "select 1"\n', status=1)
            self.assertEqual(rows[0]["error"], error)
        for statement in ("select 1; select 2", "select ';' ; /* ; */ 'x'", "insert into sites values (1); --\\n;delete from sites"):
            self.write("two.toml", f'[task]\nsql = "{statement}"\ndatabase = "{database}"\n')
            self.expect(["check", "two.toml"], status=2,
                        err="two.toml:2:7: a task runs one statement: there is another behind the ';'\n")
        self.run_job(f'[task]\nsql = "select \';\' as x; -- one; only\\n ; /* ; */"\ndatabase = "{database}"\n')
        forever = "with recursive n(i) as (select 0 union all select i + 1 from n) select max(i) from n"
        rows = self.run_job(f'[task]\nsql = "{forever}"\ndatabase = "{database}"\n', "--timeout", "0.2", status=1)
        self.assertEqual((rows[0]["error"], rows[0]["status"]), ("timed out after 0.2 s", "timed out"))
        self.assertFalse(glob.glob(self.path("nothing.db")), "no database was made")

    def test_writers_wait_for_one_another(self):
        database = self.sqlite("create table log (i integer)")
        rows = self.run_job(f'[params]\ni = {{ count = 40 }}\n[task]\nsql = "insert into log values ({{i}})"\n'
                            f'database = "{database}"\n', "--io-threads", "4")
        self.assertEqual([row["rows"] for row in rows], [1] * 40)
        with sqlite3.connect(self.path("data.db")) as connection:
            self.assertEqual(connection.execute("select count(*), sum(i) from log").fetchone(), (40, 780))

    def test_interrupted_statements_end(self):
        database = self.sqlite()
        forever = "with recursive n(i) as (select 0 union all select i + 1 from n) select max(i) from n"
        self.write("long.toml", f'[task]\nsql = "{forever}"\ndatabase = "{database}"\n')
        process = self.start("run", "long.toml", "--quiet")
        self.wait_until(lambda: glob.glob(self.path("long.run.live")), process, "the start of the run")
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)
        self.assertEqual(process.returncode, 75)

    def test_postgresql(self):
        with Cluster() as cluster:
            cluster.sql(TABLE)
            self.postgresql_rows(cluster)
            self.postgresql_faults(cluster)
            self.postgresql_passwords(cluster)
            self.postgresql_lost_connections(cluster)
            self.postgresql_that_does_not_answer(cluster)

    def postgresql_rows(self, cluster):
        self.expect_sites(self.run_job(JOB.replace("DATABASE", cluster.url), "--io-threads", "3", PGPASSWORD=PASSWORD))
        self.assertEqual(self.fanfold("output", "ask.run", "2").out, 'name,height,triple,visits\n"",,,7\n')
        rows = self.run_job(f"""
[params]
x = [0.1, 1e300]
[task]
sql = "select {{x}}::float8 as x, {{index}}::int as i, '10:30:00.25'::time as t, timestamp '2024-01-02 03:04:05.678901' as s, 'a:b' as c, ':p0' as d"
database = "{cluster.url}"
[values]
x2 = {{ column = "x" }}
t = {{ column = "t", type = "text" }}
s = {{ column = "s", type = "text" }}
c = {{ column = "c", type = "text" }}
d = {{ column = "d", type = "text" }}
""", PGPASSWORD=PASSWORD)
        self.assertEqual([(row["x2"], row["t"], row["s"], row["c"], row["d"]) for row in rows],
                         [(x, "10:30:00.25", "2024-01-02 03:04:05.678901", "a:b", ":p0") for x in (0.1, 1e300)])

    def postgresql_faults(self, cluster):
        for statement, error in (("select 1 from nowhere", 'relation "nowhere" does not exist; LINE 1: select 1 from nowhere'),
                                 ("select 1/0", "division by zero"),
                                 ("select pg_sleep(50)", "timed out after 0.3 s")):
            rows = self.run_job(f'[task]\nsql = "{statement}"\ndatabase = "{cluster.url}"\n', "--timeout", "0.3", status=1,
                                PGPASSWORD=PASSWORD)
            self.assertEqual(rows[0]["error"], error)
        rows = self.run_job(f'[task]\nsql = "update sites set visits = visits + 1 where id < {{index}} + 2"\ndatabase = "{cluster.url}"\n',
                            PGPASSWORD=PASSWORD)
        self.assertEqual(rows[0]["rows"], 2)

    def postgresql_passwords(self, cluster):
        url = cluster.url.replace("@", ":{env.DB_PASSWORD}@")
        job = f'[task]\nsql = "select count(*) as n from sites"\ndatabase = "{url}"\n[values]\nn = {{ column = "n" }}\n'
        self.assertEqual(self.run_job(job, DB_PASSWORD=PASSWORD, name="secret")[0]["n"], 4)
        rows = self.run_job(job, status=1, DB_PASSWORD="wrong-" + PASSWORD, name="wrong")
        self.assertRegex(rows[0]["error"], 'password authentication failed for user "tester"')
        for name in glob.glob(self.path("*.run*")):
            with open(name, "rb") as file:
                self.assertNotIn(PASSWORD.encode(), file.read(), name)
        for command in (["check", "secret.toml"], ["explain", "secret.run", "0"]):
            self.assertIn("{env.DB_PASSWORD}", self.fanfold(*command).out)

    def postgresql_lost_connections(self, cluster):
        """The server drops connections while statements run: the tasks connect again at their next attempt."""
        self.write("lost.toml", '[params]\ni = { count = 20 }\n[task]\nsql = "select {i}::int as i, pg_sleep(0.1)"\n'
                   f'database = "{cluster.url}"\n[values]\nn = {{ column = "i" }}\n[reduce]\nn = "sum(n)"\n')
        process = self.start("run", "lost.toml", "--quiet", "--retries", "5", "--io-threads", "2",
                             env=environment(PGPASSWORD=PASSWORD))
        drop = "select count(pg_terminate_backend(pid)) from pg_stat_activity where query like '%pg_sleep%' and state = 'active' " \
               "and pid <> pg_backend_pid();"
        self.wait_until(lambda: int(cluster.sql(drop)) > 0, process, "a statement was dropped")
        out, err = process.communicate(timeout=60)
        self.assertEqual((process.returncode, out), (0, "n = 190.0  (20 of 20 tasks)\n"), err)
        rows = subprocess.run([PROGRAM, "results", "lost.run", "--jsonl"], cwd=self.folder, env=environment(), text=True,
                              capture_output=True, timeout=60, check=True).stdout.splitlines()
        self.assertGreater(max(json.loads(row)["attempts"] for row in rows), 1)

    def postgresql_that_does_not_answer(self, cluster):
        """The process that serves the connection stops, as one does whose machine has gone: it ends no statement in time."""
        stop = f"kill -STOP $PPID; until test -e {cluster.folder}/go; do sleep 0.05; done; kill -CONT $PPID"
        try:
            rows = self.run_job(f'[task]\nsql = "copy (select 1) to program \'{stop}\'"\ndatabase = "{cluster.url}"\n', "--timeout",
                                "0.3", status=1, PGPASSWORD=PASSWORD)
            self.assertEqual((rows[0]["error"], rows[0]["status"]), ("timed out after 0.3 s", "timed out"))
        finally:
            with open(os.path.join(cluster.folder, "go"), "w", encoding="ascii"):
                pass


if __name__ == "__main__":
    main()
