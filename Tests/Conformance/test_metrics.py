"""What we export, read by Prometheus' own tool; and the alert rules, against what we export."""

import pathlib
import re
import shutil
import subprocess
import unittest
import urllib.request

from running_system import ROOT, RunningSystem

RULES = ROOT / "ops/observability/alerts.yaml"


@unittest.skipUnless(shutil.which("promtool"), "promtool (Debian package prometheus) is not installed")
class MetricsConformance(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.system = RunningSystem(["--metrics-listen", "127.0.0.1:0"])
        cls.addClassCleanup(cls.system.stop)
        cls.system.until(lambda: cls.address() is not None, "it says where its metrics are")
        for _ in range(20):
            cls.system.request("POST", "/api/jobs", {"kind": "noop", "payload": {}})
        cls.system.request("POST", "/api/jobs", {"kind": "noop", "payload": {}, "runAt": "2099-01-01T00:00:00Z"})
        # The sample of the queues is the last to come: by the leader, then by whoever reads it.
        cls.system.until(lambda: 'voicera_queue_depth{queue="default",state="scheduled"} 1.0' in cls.scrape()[0], "the queues are sampled", 60)
        cls.system.until(lambda: cls.total("voicera_attempts_total", 'outcome="succeeded"') == 20, "the jobs have run")
        cls.text, cls.content_type = cls.scrape()

    @classmethod
    def address(cls):
        found = re.search(r"^metrics on (\S+)$", pathlib.Path(cls.system.log.name).read_text(), re.MULTILINE)
        return found and found.group(1)

    @classmethod
    def scrape(cls, accept="text/plain"):
        with urllib.request.urlopen(urllib.request.Request(cls.address(), headers={"Accept": accept}), timeout=10) as answer:
            return answer.read().decode(), answer.headers["content-type"]

    @classmethod
    def total(cls, name, label):
        return sum(float(line.rsplit(" ", 1)[1]) for line in cls.scrape()[0].splitlines() if line.startswith(name + "{") and label in line)

    def promtool(self, *arguments, text=None):
        done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout + done.stderr

    def test_what_is_exported_passes_the_lint(self):
        self.assertEqual(self.content_type, "text/plain; version=0.0.4; charset=utf-8")
        self.assertEqual(self.promtool("check", "metrics", text=self.text), "")

    def test_a_text_that_is_broken_does_not_pass(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.text + "broken{ 1\n", capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)

    def test_the_api_shows_the_same_names_to_an_operators_key(self):
        status, _, body = self.system.request("GET", "/metrics")
        self.assertEqual(status, 200)
        self.assertEqual(self.names(self.text) - self.names(body.decode()), set())

    def test_openmetrics_has_its_end(self):
        text, content_type = self.scrape("application/openmetrics-text; version=1.0.0")
        self.assertTrue(content_type.startswith("application/openmetrics-text"))
        self.assertTrue(text.endswith("# EOF\n"))

    def test_the_rules_and_the_configuration_are_valid(self):
        self.promtool("check", "rules", str(RULES))
        self.promtool("check", "config", str(ROOT / "ops/observability/prometheus.yaml"))

    def test_every_metric_of_the_rules_is_exported(self):
        named = set(re.findall(r"\bvoicera_[a-z_]+\b", RULES.read_text()))
        self.assertGreater(len(named), 15)
        exported = self.names(self.text)
        exported |= {name + "_bucket" for name in exported}
        self.assertEqual(named - exported, set())

    def test_every_metric_of_the_catalogue_is_exported_by_a_process_that_does_everything(self):
        catalogue = set(re.findall(r'Metric\("([a-z_]+)"', (ROOT / "Sources/Telemetry/MetricCatalogue.swift").read_text()))
        # What has not happened yet has no series: nothing was published, so that no event was committed and nothing delivered.
        self.assertEqual(catalogue - self.names(self.text), set())

    @staticmethod
    def names(text):
        return set(re.findall(r"^# TYPE (\S+) ", text, re.MULTILINE))


if __name__ == "__main__":
    unittest.main()
