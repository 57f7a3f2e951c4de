"""The source http: answers and their values, limits, faults of servers, and secrets that are not told."""

import glob
import json
import signal
import subprocess
import urllib.parse

from fanfold_cli import PROGRAM, CliTest, environment, main
from http_server import Server

SECRET = "s3cr3t-of-the-test"


class HttpTest(CliTest):
    def job(self, url, more="", params="", name="web.toml"):
        self.write(name, f"{params}\n[task]\nhttp = \"{url}\"\n{more}")

    def run_job(self, *flags, status=0, name="web.toml", **variables):
        ended = subprocess.run([PROGRAM, "run", name, "--json", "--quiet", "--fresh", *flags], cwd=self.folder,
                               env=environment(**variables), text=True, capture_output=True, timeout=60, check=False)
        self.assertEqual(ended.returncode, status, ended.stdout + ended.stderr)
        return json.loads(ended.stdout)["results"], ended.stderr

    def errors(self, name="web.run"):
        return [row["error"] for row in self.rows("--failed", name=name)]

    def rows(self, *flags, name="web.run"):
        lines = subprocess.run([PROGRAM, "results", name, "--jsonl", *flags], cwd=self.folder, env=environment(), text=True,
                               capture_output=True, timeout=60, check=True).stdout.splitlines()
        return [json.loads(line) for line in lines]

    def test_answers_become_values(self):
        with Server() as server:
            self.job(server.url + "/text/{text:url}",
                     '[reduce]\nn = "sum(bytes)"\ns = "count() by status"\nt = "max(seconds)"\n',
                     params='[params]\ntext = ["a b", "ü/?&", "x"]\n')
            found, _ = self.run_job()
            self.assertEqual(found["n"], 3 + 5 + 1)
            self.assertEqual(found["s"], [{"status": 200, "value": 3}])
            self.assertGreater(found["t"], 0)
            self.assertEqual(sorted(server.paths()), ["/text/%C3%BC%2F%3F%26", "/text/a%20b", "/text/x"])
        self.assertEqual(self.fanfold("output", "web.run", "1").out, "ü/?&")

    def test_a_request_is_what_the_job_says(self):
        with Server() as server:
            self.job(server.url + "/echo?q={i}", """
body = '{"i": {i}}'
headers = { "Content-Type" = "application/json", "X-Task" = "no. {i}" }
[values]
method = { json = "/method", type = "text" }
body   = { json = "/body", type = "text" }
task_no = { json = "/headers/x-task", type = "text" }
kind   = { json = "/headers/content-type", type = "text" }
agent  = { json = "/headers/user-agent", type = "text" }
""", params="[params]\ni = { count = 2 }\n")
            self.run_job()
            row = self.rows()[1]
            self.assertEqual((row["method"], row["body"], row["task_no"], row["kind"]),
                             ("POST", '{"i": 1}', "no. 1", "application/json"))
            self.assertRegex(row["agent"], r"^fanfold/\d")
            self.job(server.url + "/echo", 'method = "PUT"\n[values]\nm = { json = "/method", type = "text" }\n'
                     '[reduce]\nm = "first(m)"\n')
            self.assertEqual(self.run_job()[0], {"m": "PUT"})

    def test_a_kernel_takes_the_body_decompressed(self):
        with Server() as server:
            self.job(server.url + "/gzip/one two three", 'kernel = "words"\n[reduce]\nw = "sum(words)"\nb = "sum(bytes)"\n')
            self.assertEqual(self.run_job()[0], {"w": 3, "b": 13})

    def test_a_bad_status_fails_unless_it_is_a_success(self):
        with Server() as server:
            self.job(server.url + "/status/{s}", '[reduce]\nn = "count()"\n',
                     params="[params]\ns = [200, 204, 404, 500, 418]\n")
            self.assertEqual(self.run_job(status=1)[0], {"n": 2})
            self.assertEqual(self.errors(), ["HTTP status 404 Not Found", "HTTP status 500 Internal Server Error",
                                             "HTTP status 418 (client error)"])
            self.assertEqual(self.fanfold("output", "web.run", "2").out, "this is 404\n")
            self.job(server.url + "/status/{s}", 'success = [200, 404]\n[reduce]\nn = "count() by status"\n',
                     params="[params]\ns = [200, 204, 404]\n")
            self.assertEqual(self.run_job(status=1)[0]["n"], [{"status": 200, "value": 1}, {"status": 404, "value": 1}])
            self.assertEqual(self.errors(), ["HTTP status 204"])

    def attempts(self):
        return [row["attempts"] for row in self.rows("--failed")]

    def test_only_what_may_change_is_tried_again(self):
        retries = "[run]\nretries = 2\nbackoff = '10ms'\n"
        with Server() as server:
            final, passing = [400, 401, 403, 404, 410, 418], [408, 425, 500, 502]
            self.job(server.url + "/status/{s}", retries, params=f"[params]\ns = {final + passing}\n")
            self.run_job(status=1)
            self.assertEqual(self.attempts(), [1] * len(final) + [3] * len(passing))
            self.assertEqual(len(server.requests), len(final) + 3 * len(passing))
            self.job(server.url + "/status/{s}", "retry_status = [404]\n" + retries, params="[params]\ns = [404, 410, 500]\n")
            self.run_job(status=1)
            self.assertEqual(self.attempts(), [3, 1, 1])
            self.job(server.url + "/{path}", "max_bytes = 10\nmax_redirects = 1\n" + retries + "timeout = 0.3\n",
                     params='[params]\npath = ["zeros/11", "redirect?to=file:///x", "redirect?to=/redirect%3Fto%3D/text/x", "hang"]\n')
            self.run_job(status=1)
            self.assertEqual(self.attempts(), [1, 1, 1, 3])
        # The port is free now.
        urls = [server.url, "ftp://127.0.0.1", "http://", "http://a b/"]
        self.job("{url}", retries, params=f"[params]\nurl = {json.dumps(urls)}\n")
        self.run_job(status=1)
        self.assertEqual(self.attempts(), [3, 1, 1, 1])

    def test_check_says_that_a_url_is_none(self):
        for url in ("example.org/x", "ftp://example.org/x", "http://", "https:///x", "http://a b/"):
            self.job(url)
            self.expect(["check", "web.toml"], status=2, err=f"web.toml:3:8: '{url}' is no URL of http or https\n")
        self.job("ftp://{host}")
        self.assertEqual(self.fanfold("check", "web.toml").status, 2)
        for url in ("{x}", "h{x}", "http{x}", "https://{x}/a b"):
            self.job(url, params='[params]\nx = "ttp"\n')
            self.assertEqual(self.fanfold("check", "web.toml").status, 0, url)
        for url in ("HTTP://example.org", "https://[::1]:8080/a b?c", "http://localhost?q"):
            self.job(url)
            self.assertNotIn("would fail", self.fanfold("check", "web.toml").out)

    def test_failed_requests_can_be_counted(self):
        with Server() as server:
            self.job(server.url + "/status/{s}", '[reduce]\nanswers = "count() by status"\nended = "count() by task_status"\n'
                     'lost = "count(task_status != \'succeeded\')"\n', params="[params]\ns = [200, 204, 404, 500]\n")
            self.assertEqual(self.run_job(status=1)[0], {
                "answers": [{"status": 200, "value": 1}, {"status": 204, "value": 1}],
                "ended": [{"task_status": "failed", "value": 2}, {"task_status": "succeeded", "value": 2}], "lost": 2})
        self.job("http://127.0.0.1", '[reduce]\nbad = "sum(bytes) by task_status"\n')
        self.assertIn("failed tasks have no 'bytes'; an entry that uses 'task_status' sees them and can use params only",
                      self.fanfold("check", "web.toml").err)

    def test_redirects_are_followed_within_limits(self):
        def redirect(to, code=302):
            return f"/redirect?code={code}&to=" + urllib.parse.quote(to, safe="")

        with Server() as server, Server() as other:
            bad = "it is redirected to what is no URL of http or https"
            cases = {redirect("/text/here"): "", redirect(redirect("/text/here"), 307): "",
                     redirect("file:///etc/passwd"): bad, redirect("ftp://127.0.0.1/x"): bad,
                     redirect(redirect(redirect("/text/x"))): "it is redirected more than 2 times",
                     redirect(other.url.replace("127.0.0.1", "localhost") + "/text/there"): ""}
            urls = json.dumps([server.url + path for path in cases])
            self.job("{url}", "max_redirects = 2\n", params=f"[params]\nurl = {urls}\n")
            self.run_job(status=1)
            self.assertEqual([row.get("error", "") for row in self.rows()], list(cases.values()))
            self.assertEqual(other.paths(), ["/text/there"])

    def test_secrets_stay_with_the_server_they_are_for(self):
        with Server() as server, Server() as other:
            self.job(server.url + "/redirect?code=302&to=" + other.url + "/echo",
                     'headers = { "X-Key" = "{env.KEY}", Authorization = "open", "X-Open" = "open" }\n[values]\n'
                     'seen = { regex = "(?s)^.*$", type = "text" }\n[reduce]\nseen = "first(seen)"\n')
            headers = json.loads(self.run_job(KEY=SECRET)[0]["seen"])["headers"]
            self.assertIn("x-open", headers)
            self.assertNotIn("x-key", headers)
            self.assertNotIn("authorization", headers)
            self.job(server.url + "/redirect?code=307&to=" + other.url + "/echo", 'body = "{env.KEY}"\n')
            self.run_job(status=1, KEY=SECRET)
            self.assertEqual(self.errors(), ["it is redirected to another server, which must not see its body"])
            self.assertEqual(other.paths(), ["/echo"])

    def test_secrets_are_not_told(self):
        with Server() as server:
            self.job(server.url + "/{path}?key={env.KEY}",
                     'headers = { Authorization = "Bearer {env.KEY}" }\nbody = "{env.KEY}"\n[values]\n'
                     'seen = { regex = "(?s)^.*$", type = "text" }\n',
                     params='[params]\npath = ["echo", "status/500", "nothing at all://"]\n')
            self.write("seen.toml", 'task.shell = "test {env.KEY} = nothing || exit 3"\n')
            self.write("file.toml", 'task.read = "{env.KEY}"\n')
            told = ""
            for name in ("web.toml", "seen.toml", "file.toml"):
                run = name.replace(".toml", ".run")
                for arguments in (["run", name, "-v", "--fresh"], ["check", name, "--json"], ["check", name],
                                  ["explain", run, "0"], ["explain", run, "1"], ["results", run, "--csv"],
                                  ["results", run, "--failed"], ["output", run, "0", "--all"], ["status", run]):
                    ended = subprocess.run([PROGRAM, *arguments], cwd=self.folder, env=environment(KEY=SECRET), text=True,
                                           capture_output=True, timeout=60, check=False)
                    told += ended.stdout + ended.stderr
            self.assertTrue(any(SECRET in path for path in server.paths()), "the server was told")
        self.assertNotIn(SECRET, told)
        self.assertIn("{env.KEY}", told)
        files = glob.glob(self.path("*.run*"))
        self.assertGreaterEqual(len(files), 3)
        for name in files:
            with open(name, "rb") as file:
                self.assertNotIn(SECRET.encode(), file.read(), name)
        # What is stored compressed is in the outputs above.

    def test_numbers_are_those_of_the_answer_whatever_the_environment_has(self):
        with Server() as server:
            self.job(server.url + "/text/population=12026 of {env.YEAR}",
                     'kernel = "words"\n[values]\npopulation = { regex = "population=([0-9]+)" }\n'
                     'text = { regex = "of .*", type = "text" }\n[reduce]\np = "sum(population)"\nb = "sum(characters)"\n'
                     't = "first(text)"\n')
            self.assertEqual(self.run_job(YEAR="2026")[0], {"p": 12026, "b": 24, "t": "of {env.YEAR}"})
            self.assertEqual(self.fanfold("output", "web.run", "0").out, "population=1{env.YEAR} of {env.YEAR}")

    def test_certificates_are_verified(self):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test",
                        "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "key.pem", "-out", "cert.pem"],
                       cwd=self.folder, check=True, capture_output=True)
        with Server(certificate=(self.path("cert.pem"), self.path("key.pem"))) as server:
            self.job(server.url + "/text/safe")
            self.run_job(status=1)
            self.assertRegex(self.errors()[0], "certificate")
            self.run_job(SSL_CERT_FILE=self.path("cert.pem"), CURL_CA_BUNDLE="")
            self.job(server.url + "/text/safe", 'ca_file = "cert.pem"\n')
            self.run_job()
            self.job(server.url.replace("127.0.0.1", "localhost") + "/text/safe", 'ca_file = "cert.pem"\n')
            self.run_job(status=1)
            self.assertRegex(self.errors()[0], "certificate|subject")

    def test_faults_of_servers_are_errors_of_tasks(self):
        with Server() as server:
            self.job(server.url + "/{path}", "max_bytes = \"10kB\"\n",
                     params='[params]\npath = ["zeros/10000", "zeros/10001", "chunks/11000", "garbage", "reset", "hang"]\n')
            self.run_job("--timeout", "0.5", status=1)
            errors = self.errors()
            too_long = "the answer is longer than 10000 bytes, see max_bytes"
            self.assertEqual(errors[:2] + errors[4:], [too_long, too_long, "timed out after 0.5 s"])
            self.assertTrue(all(errors), errors)
        # The port is free now.
        self.job(server.url + "/text/x", '[values]\nx = "bytes"\n')
        self.run_job(status=1)
        self.assertRegex(self.errors()[0], "Failed to connect to 127.0.0.1")
        self.job("{url}", params='[params]\nurl = ["file:///etc/passwd", "127.0.0.1/x", "http://"]\n')
        self.run_job(status=1)
        self.assertEqual(self.errors()[0], "'file:///etc/passwd' is no URL of http or https")
        self.assertEqual(self.errors()[1], "'127.0.0.1/x' is no URL of http or https")
        self.job(server.url, 'headers = { "X" = "{lines}" }\n', params='[params]\nlines = ["a\\r\\nHost: b"]\n')
        self.run_job(status=1)
        self.assertEqual(self.errors(), ["the header 'X' has a line break or another control character"])

    def test_a_host_that_wants_to_rest_is_left_alone(self):
        with Server() as server:
            self.job(server.url + "/{path}", "per_host = 1\n[run]\nretries = 1\n",
                     params='[params]\npath = ["later/1", "text/a", "text/b"]\n')
            self.run_job()
            first, again = server.times("/later")
            self.assertGreaterEqual(again - first, 0.99)
            for other in server.times("/text"):
                self.assertTrue(other < first or other - first >= 0.99, "the host was asked while it rested")
            self.assertLess(max(row["duration"] for row in self.rows()), 0.9, "a task that waits for its turn has not begun")

    def test_a_host_that_rests_does_not_stop_the_others(self):
        with Server() as server, Server() as other:
            there = other.url.replace("127.0.0.1", "localhost")
            urls = [f"{server.url}/later/3600", *(f"{server.url}/text/{i}" for i in range(8)), *(f"{there}/text/{i}" for i in range(8))]
            self.job("{url}", "per_host = 1\n[run]\nretries = 5\n[reduce]\nn = 'count()'\n",
                     params=f"[params]\nurl = {json.dumps(urls)}\n")
            process = self.start("run", "web.toml", "--io-threads", "3", "--quiet")
            with other.changed:
                self.assertTrue(other.changed.wait_for(lambda: len(other.requests) == 8, 20), "the other host waits")
            self.wait_until(lambda: "recorded: 8 of 17" in self.fanfold("status", "web.run").out, process, "the recording")
            self.assertEqual(server.paths(), ["/later/3600"])
            # What waits for its turn is not waited for.
            process.send_signal(signal.SIGINT)
            out, _ = process.communicate(timeout=20)
            self.assertEqual((out, process.returncode), ("n = 8  (8 of 17 tasks)\n", 75))
            self.assertEqual(server.paths(), ["/later/3600"])

    def test_no_more_requests_are_under_way_than_threads_are_given(self):
        with Server() as server:
            there = server.url.replace("127.0.0.1", "localhost")
            urls = [f"{host}/slow/0.02?{i}" for i in range(20) for host in (server.url, there)]
            self.job("{url}", "per_host = 3\n", params=f"[params]\nurl = {json.dumps(urls)}\n")
            self.run_job("--io-threads", "4")
            self.assertEqual((server.most_under_way, len(server.requests)), (4, 40))

    def test_limits_of_a_host(self):
        with Server() as server:
            self.job(server.url + "/slow/0.05?{i}", "per_host = 3\n", params="[params]\ni = { count = 12 }\n")
            self.run_job("--io-threads", "12")
            self.assertEqual(server.most_under_way, 3)
            self.job(server.url + "/text/{i}", "rate = 25\n", params="[params]\ni = { count = 11 }\n")
            self.run_job("--io-threads", "12")
            times = server.times("/text")
            self.assertGreaterEqual(times[-1] - times[0], 0.2)

    def test_hundreds_wait_on_a_handful_of_threads(self):
        with Server(crowd=200) as server:
            self.job(server.url + "/crowd/{i}", 'per_host = 500\n[reduce]\nn = "count()"\n',
                     params="[params]\ni = { count = 200 }\n")
            process = self.start("run", "web.toml", "--io-threads", "300", "--quiet")
            threads = []
            with server.changed:
                while server.most_under_way < 199 and server.changed.wait(20):
                    with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
                        threads += [int(line.split()[1]) for line in status if line.startswith("Threads:")]
            out, err = process.communicate(timeout=60)
            self.assertEqual((process.returncode, out), (0, "n = 200  (200 of 200 tasks)\n"), err)
            self.assertLess(max(threads), 16)

    def test_a_second_signal_ends_requests(self):
        with Server() as server:
            self.job(server.url + "/hang", params="[params]\ni = { count = 30 }\n")
            process = self.start("run", "web.toml", "--io-threads", "20", "--quiet")
            with server.changed:
                self.assertTrue(server.changed.wait_for(lambda: server.under_way >= 8, 20))
            process.send_signal(signal.SIGINT)
            process.send_signal(signal.SIGTERM)  # another one: two of a kind may come as one
            process.communicate(timeout=20)
            self.assertEqual(process.returncode, 75)


if __name__ == "__main__":
    main()
