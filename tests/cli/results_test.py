"""fanfold results and fanfold status."""

import os

from fanfold_cli import CliTest, main

PROGRAMS = """\
name = "programs"

[params]
i = { count = 4 }
model = ["a, b"]

[task]
shell = "test {i} != 2 || exit 3; echo x={i}.5"

[values]
x = { regex = 'x=(.*)' }
twice = "2 * x"

[reduce]
total = "sum(x)"

[run]
io_threads = 1
"""


class ResultsTest(CliTest):
    def setUp(self):
        super().setUp()
        self.write("programs.toml", PROGRAMS)
        self.fanfold("run", "programs.toml")

    def test_text(self):
        self.expect(["results", "programs.run"], out="total = 5.5  (3 of 4 tasks)\n")

    def test_reading_leaves_nothing_beside_the_run_file(self):
        before = sorted(os.listdir(self.folder))
        self.fanfold("results", "programs.run", "--csv")
        self.fanfold("status", "programs.run")
        self.assertEqual(sorted(os.listdir(self.folder)), before)

    def test_csv(self):
        self.expect(["results", "programs.run", "--csv"], out="""\
task,i,model,value,x,twice,status,attempts,rank,start,duration,exit_code,error
0,0,"a, b",nan,0.5,1.0,succeeded,1,0,N,N,0,
1,1,"a, b",nan,1.5,3.0,succeeded,1,0,N,N,0,
2,2,"a, b",,,,failed,1,0,N,N,3,exit code 3
3,3,"a, b",nan,3.5,7.0,succeeded,1,0,N,N,0,
""")

    def test_json_lines(self):
        self.expect(["results", "programs.run", "--jsonl"], out="""\
{"task":0,"i":0,"model":"a, b","value":"nan","x":0.5,"twice":1.0,"status":"succeeded","attempts":1,"rank":0,"start":N,"duration":N,"exit_code":0}
{"task":1,"i":1,"model":"a, b","value":"nan","x":1.5,"twice":3.0,"status":"succeeded","attempts":1,"rank":0,"start":N,"duration":N,"exit_code":0}
{"task":2,"i":2,"model":"a, b","status":"failed","attempts":1,"rank":0,"start":N,"duration":N,"exit_code":3,"error":"exit code 3"}
{"task":3,"i":3,"model":"a, b","value":"nan","x":3.5,"twice":7.0,"status":"succeeded","attempts":1,"rank":0,"start":N,"duration":N,"exit_code":0}
""")

    def test_failed(self):
        self.expect(["results", "programs.run", "--failed"], out='task 2 (i=2 model="a, b"): failed: exit code 3\n')
        self.expect(["results", "programs.run", "--failed", "--csv"], out="""\
task,i,model,value,x,twice,status,attempts,rank,start,duration,exit_code,error
2,2,"a, b",,,,failed,1,0,N,N,3,exit code 3
""")
        self.expect(["results", "programs.run", "--failed", "--jsonl"], out=(
            '{"task":2,"i":2,"model":"a, b","status":"failed","attempts":1,"rank":0,"start":N,"duration":N,"exit_code":3,'
            '"error":"exit code 3"}\n'))

    def test_status(self):
        self.expect(["status", "programs.run"], out="""\
programs.run: job programs, created TIME on HOST
recorded: 4 of 4 tasks finished (100%), 1 failed; 1 execution, N s
ended
""")

    def test_status_of_a_part(self):
        self.fanfold("run", "programs.toml", "--tasks", "1:3", "--run", "part.run")
        self.expect(["status", "part.run"], out="""\
part.run: job programs, created TIME on HOST
recorded: 2 of 4 tasks finished (50%), 1 failed; 1 execution, N s
stopped: the run can go on
""")
        self.expect(["results", "part.run"], out="total = 1.5  (1 of 4 tasks)\n")

    def test_rows_of_tasks_without_a_source(self):
        self.write("values.toml", """\
[params]
i = { count = 3 }
[values]
x = "i == 0 ? nan : i == 1 ? inf : 1e300"
n = "9223372036854775807 - i"
text = "i == 0 ? 'two\\nlines' : i == 1 ? 'a \\"b\\"' : 'ü'"
""")
        self.fanfold("run", "values.toml")
        self.expect(["results", "values.run", "--csv"], out="""\
task,i,x,n,text,status,attempts,rank,start,duration,error
0,0,nan,9223372036854775807,"two
lines",succeeded,1,0,N,N,
1,1,inf,9223372036854775806,"a ""b""\",succeeded,1,0,N,N,
2,2,1e+300,9223372036854775805,ü,succeeded,1,0,N,N,
""")
        self.expect(["results", "values.run", "--jsonl"], out="""\
{"task":0,"i":0,"x":"nan","n":"9223372036854775807","text":"two\\nlines","status":"succeeded","attempts":1,"rank":0,"start":N,"duration":N}
{"task":1,"i":1,"x":"inf","n":"9223372036854775806","text":"a \\"b\\"","status":"succeeded","attempts":1,"rank":0,"start":N,"duration":N}
{"task":2,"i":2,"x":1e+300,"n":"9223372036854775805","text":"ü","status":"succeeded","attempts":1,"rank":0,"start":N,"duration":N}
""")

    def test_names_of_a_job_that_rows_have_too(self):
        self.write("names.toml", '[params]\nrank = ["gold"]\nduration = [2]\n[values]\nstatus = "3 * duration"\n')
        self.fanfold("run", "names.toml")
        self.expect(["results", "names.run", "--csv"], out=(
            "task,rank,duration,status,task_status,attempts,task_rank,start,task_duration,error\n"
            "0,gold,2,6,succeeded,1,0,N,N,\n"))
        self.expect(["results", "names.run", "--jsonl"], out=(
            '{"task":0,"rank":"gold","duration":2,"status":6,"task_status":"succeeded","attempts":1,"task_rank":0,'
            '"start":N,"task_duration":0.000000}\n').replace('"duration":2', '"duration":N'))

    def test_a_job_without_reductions(self):
        self.write("job.toml", "[params]\ni = [1, 2]\n[values]\nj = 'i'\n")
        self.fanfold("run", "job.toml")
        self.expect(["results", "job.run"],
                    err="fanfold: the job has no [reduce]; --csv and --jsonl give a row for each task\n")
        self.expect(["results", "job.run", "--json"], out="{}\n",
                    err="fanfold: the job has no [reduce]; --csv and --jsonl give a row for each task\n")

    def test_what_is_no_run_file(self):
        self.write("notes.txt", "nothing\n")
        for command in ["status", "results"]:
            self.expect([command, "missing.run"], status=2, err="fanfold: run file 'missing.run' does not exist\n")
            self.expect([command, "notes.txt"], status=2,
                        err="fanfold: run file 'notes.txt' is not a run file of fanfold\n")


if __name__ == "__main__":
    main()
