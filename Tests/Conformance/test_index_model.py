"""The index's scripts against a simulated ledger, with faults between any two actions: Tests/Model/index_fuzz.py, briefly.

A long run is a command: see CONTRIBUTING.md.
"""
import pathlib, shutil, subprocess, sys, tempfile, time, unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / 'Sources/Queue/Scripts'


class IndexModel(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix='voicera-model-')
        cls.socket = f'{cls.folder}/redis.sock'
        cls.server = subprocess.Popen(
            ['redis-server', '--port', '0', '--unixsocket', cls.socket, '--save', '', '--dir', cls.folder], stdout=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        while not pathlib.Path(cls.socket).exists():
            if time.monotonic() > deadline: raise RuntimeError('redis-server did not start')
            time.sleep(0.02)

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        cls.server.wait()
        shutil.rmtree(cls.folder)

    def fuzz(self, scripts, runs, seed):
        return subprocess.run(
            [sys.executable, ROOT / 'Tests/Model/index_fuzz.py', '--socket', self.socket, '--scripts', scripts, '--runs', str(runs), '--seed', str(seed)],
            capture_output=True, text=True, timeout=300).stdout

    def test_random_faults_lose_nothing_and_run_nothing_twice(self):
        self.assertIn(': 0 violations', self.fuzz(SCRIPTS, 80, 1000))

    def test_a_refill_that_does_not_look_at_what_is_held_is_caught(self):
        broken = pathlib.Path(self.folder) / 'broken'
        shutil.copytree(SCRIPTS, broken)
        script = broken / 'refilled.v2.lua'
        text = script.read_text()
        self.assertIn('if not flags[i] then\n        place', text)
        script.write_text(text.replace('if not flags[i] then\n        place', 'if true then\n        place'))
        self.assertNotIn(': 0 violations', self.fuzz(broken, 10, 1000))


if __name__ == '__main__':
    unittest.main()
