"""The index's scripts against a simulated ledger, with faults between any two actions: Tests/Model/index_fuzz.py, briefly.

A model that finds nothing may also be blind: it has to find each of the ways to break the scripts below. A long run is a command: see CONTRIBUTING.md.
"""
import pathlib, shutil, subprocess, sys, tempfile, time, unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SCRIPTS = ROOT / 'Sources/Queue/Scripts'

# What is broken, where, what it says, what it says then, and the worlds and the seed that show it soonest.
VARIANTS = [
    ('a refill does not look at what is held', 'refilled.v2', 'if not flags[i] then\n        gather', 'if true then\n        gather', '', 1000),
    ('a push below the cursor is first-hand', 'prelude', "and envelopes[i] ~= '' and ids[i] > limit", "and envelopes[i] ~= ''",
     '--lanes plain --faults late,lost,api', 1005),
    ('a refill does not see what was left out meanwhile', 'refilled.v2', 'local isCurrent = s.dropped == dropped', 'local isCurrent = true', '--faults=', 1030),
    ('a claim does not look at what runs', 'step.v2', 'math.min(share, left, room(s))', 'math.min(share, left)', '', 1005),
    ('a claim does not look at the fleet', 'step.v2', 'if fleet > 0 then', 'if false then', '', 1012),
    ('a slow start is none', 'prelude', 'if s.ramp > 0 and s.ramp < most then', 'if false then', '', 1001),
    ('a park is none', 'prelude', 'if s.parked > at then at = s.parked end', '', '', 1001),
    ('an earlier job of a key stays behind', 'prelude', 'if waiting and comesBefore(priority, id, waiting, head) then', 'if false then', '--pace cancel=0', 1017),
    ('a lane does not wait for its first job', 'prelude', 'if s.hold > at then at = s.hold end', '', '--lanes strict --faults=', 1005),
    ('a key ends with its head', 'step.v2', 'if hasKeys then passOn', 'if false then passOn', '', 1000),
    ('a re-assertion does not take its place in its key', 'reassert.v2', "    if key ~= '' then assume", '    if false then assume', '--lanes keyed', 1000),
    ('a step of an earlier session is taken', 'step.v2', "or redis.call('HGET', P .. 'sessions', worker) ~= ARGV[3]", '',
     '--lanes plain --faults late,lost', 1013),
    ('what has to come first finds no room', 'enqueue.v2', 'elseif delay < 0 and phase', 'elseif false and phase', '--lanes strict', 1006),
    ('a job is cancelled before its worker was heard', 'cancel.v2', "if not epoch or phase ~= 'open' then", 'if not epoch then', '--faults flush --pace cancel=1,fault=1', 1019),
    ('a cancelled lane is not refilled', 'cancel.v2', 'wantsRefill(lane, s, window, now, firsts, retries)', '', '', 1026),
    ('a delayed job loses its key', 'enqueue.v2', "if key ~= '' then", 'if false then', '--lanes keyed --faults=', 1053),
    ('a refill in vain is asked for again at once', 'refilled.v2', '(added == 0 and isCurrent) and now + 200000 or now', 'now', '--lanes plain --faults unsettled', 1030),
    ('a lane that becomes strict trusts its envelopes', 'step.v2', '(not place.strict and envelope)', 'envelope', '--faults= --pace operate=1,push=3,accept=1', 1057),
]


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

    def fuzz(self, scripts, runs, seed, *more):
        return subprocess.run(
            [sys.executable, ROOT / 'Tests/Model/index_fuzz.py', '--socket', self.socket, '--scripts', scripts, '--runs', str(runs), '--seed', str(seed), *more],
            capture_output=True, text=True, timeout=300).stdout

    def test_random_faults_lose_nothing_and_run_nothing_twice(self):
        self.assertIn(': 0 violations', self.fuzz(SCRIPTS, 80, 1000))

    def test_broken_scripts_are_caught(self):
        for number, (name, file, old, new, worlds, seed) in enumerate(VARIANTS):
            with self.subTest(name):
                broken = pathlib.Path(self.folder) / f'broken{number}'
                shutil.copytree(SCRIPTS, broken)
                script = broken / f'{file}.lua'
                text = script.read_text()
                self.assertEqual(text.count(old), 1, f'{file} does not say that any more')
                script.write_text(text.replace(old, new))
                # Other worlds show it too, when the model has changed and its seeds mean something else.
                self.assertIn(': 1 violations', self.fuzz(broken, 300, seed, '--first', *worlds.split()))


if __name__ == '__main__':
    unittest.main()
