"""The protocol of the queue as a Promela model: protocol.pml and what it includes, checked by spin.

    python3 Tests/Model/protocol.py                       # every configuration, every broken variant
    python3 Tests/Model/protocol.py zombies 'no cursor'   # those whose name contains one of these
    python3 Tests/Model/protocol.py --define '-DJOBS=2 -DFLUSHES=2' [--liveness]     # a world of your own, however long it takes

A configuration has to hold in every interleaving. A broken variant has to fail, and by the law that is named with it: a model that cannot fail proves
nothing. A weakness is a corner that the model showed, where a law does not hold without the change that is checked beside it; all but the lane that
is let go and the mark of a reclaimed job are mended in the code (Sources/Queue/Queue.docc/Model.md).
Needs spin and gcc.
"""
import argparse, os, pathlib, re, shutil, subprocess, sys, tempfile

HERE = pathlib.Path(__file__).resolve().parent
MEMORY = 3000       # MB that one search may take at most

END, ONCE, OVER, OVERTAKEN = 'every accepted job ends', 'no job is run twice', 'a job that has ended is not run', 'a worker that was overtaken is refused'

# name: definitions. Bounds are in bounds.pml; what is not named is 0.
CONFIGURATIONS = {
    'refill: three jobs, a window of one, a push that dies and one that comes late': '-DJOBS=3 -DWORKERS=1 -DAPI_DEATHS=1 -DLATE_PUSHES=1',
    'refill: jobs committed in another order than their ids, the sweep in steps, a refiller that dies':
        '-DJOBS=2 -DWORKERS=1 -DAPI_DEATHS=1 -DLATE_PUSHES=1 -DREFILL_DEATHS=1 -DANY_ORDER -DSWEEP_IN_STEPS',
    'refill: two refillers of one lane at once': '-DJOBS=3 -DWORKERS=1 -DREFILLERS=2 -DREFILL_DEATHS=1 -DNO_SWEEP',
    'refill: two refillers and the sweep': '-DJOBS=2 -DWORKERS=1 -DREFILLERS=2',
    'refill: nothing is lost without the sweep while no push dies': '-DJOBS=3 -DWORKERS=1 -DNO_SWEEP',
    'retries: two jobs, two failures': '-DJOBS=2 -DWORKERS=1 -DFAILURES=2',
    'retries: a snooze, a delayed job, a full due set, a doubtful settlement, a release':
        '-DJOBS=1 -DWORKERS=1 -DDELAYED=1 -DFAILURES=2 -DSNOOZES=1 -DFULL_DUES=1 -DDOUBTS=1 -DRELEASES=1',
    'deaths: three workers die under one job': '-DJOBS=1 -DDEATHS=3 -DFAILURES=1 -DSNOOZES=1',
    'zombies: a lease runs out under a living worker, another worker dies': '-DJOBS=1 -DDEATHS=1 -DLAPSES=1 -DFAILURES=1 -DSTART_APART',
    'zombies: two lapses, a retry': '-DJOBS=1 -DLAPSES=2 -DFAILURES=1 -DSTART_APART',
    'zombies: two jobs': '-DJOBS=2 -DLAPSES=1',
    'answers: a step whose answer is lost, one that arrives late': '-DJOBS=2 -DLATE_STEPS=1 -DLOST_ANSWERS=1',
    'answers: the same around a lapse': '-DJOBS=1 -DLATE_STEPS=1 -DLOST_ANSWERS=1 -DLAPSES=1',
    'rebuild: two jobs': '-DJOBS=2 -DWORKERS=1 -DFLUSHES=1',
    'rebuild: the index is lost twice, two workers': '-DJOBS=1 -DFLUSHES=2',
    'rebuild: a worker is not heard, one dies, the leader dies': '-DJOBS=1 -DFLUSHES=1 -DSILENCES=1 -DDEATHS=1 -DLEADER_DEATHS=1',
    'snapshot: an older copy of the index is put back': '-DJOBS=1 -DSNAPSHOTS=1',
    'lanes: two lanes, one with a limit that is parked for a while': '-DJOBS=3 -DLANES=2 -DLIMIT=1 -DPARKS=1',
    'lanes: a limit over a rebuild': '-DJOBS=2 -DLIMIT=1 -DFLUSHES=1',
    'lanes: a parked lane over a rebuild': '-DJOBS=1 -DWORKERS=1 -DPARKS=1 -DFLUSHES=1',
    'lanes: strict order with retries, over a rebuild': '-DJOBS=2 -DWORKERS=1 -DLIMIT=1 -DSTRICT -DFAILURES=1 -DFLUSHES=1',
    'lanes: strict order, whatever order the commits and pushes come in': '-DJOBS=2 -DWORKERS=1 -DWINDOW=2 -DLIMIT=1 -DSTRICT -DANY_ORDER -DAPI_DEATHS=1',
    'cancel: two jobs, a late push': '-DJOBS=2 -DWORKERS=1 -DCANCELS=1 -DLATE_PUSHES=1',
    'cancel: retries, a lapse': '-DJOBS=1 -DCANCELS=1 -DFAILURES=1 -DLAPSES=1 -DSTART_APART',
    'cancel: over a rebuild': '-DJOBS=1 -DCANCELS=1 -DFLUSHES=1 -DSTART_APART',
    'leaders: two schedulers, one that acts on after its lead has run out': '-DJOBS=1 -DWORKERS=1 -DSCHEDULERS=2 -DFLUSHES=1 -DLEADER_LAPSES=1',
    'leaders: two schedulers that die': '-DJOBS=1 -DWORKERS=1 -DSCHEDULERS=2 -DFLUSHES=1 -DLEADER_DEATHS=2',
}
# Every job ends under weak fairness: each process that can go on goes on.
LIVENESS = {
    'liveness: two jobs with failures and dying pushes and refills': '-DJOBS=2 -DWORKERS=1 -DFAILURES=1 -DAPI_DEATHS=1 -DREFILL_DEATHS=1',
    'liveness: deaths and a retry': '-DJOBS=1 -DDEATHS=2 -DFAILURES=1',
    'liveness: a lapse and a lost answer': '-DJOBS=1 -DLAPSES=1 -DLOST_ANSWERS=1',
    'liveness: a rebuild': '-DJOBS=1 -DFLUSHES=1 -DLEADER_DEATHS=1',
    'liveness: a parked lane and a cancelled job': '-DJOBS=2 -DWORKERS=1 -DLIMIT=1 -DPARKS=1 -DCANCELS=1',
}
# name: definitions, the law by which it must fail
VARIANTS = {
    'no fence': ('-DJOBS=1 -DLAPSES=1 -DFAILURES=1 -DSTART_APART -DNO_FENCE', [OVERTAKEN]),
    'no fence between two that run under one attempt': ('-DJOBS=1 -DFLUSHES=1 -DSILENCES=1 -DNO_FENCE', ['a settled job is not settled again']),
    'no attempt in the fence': ('-DJOBS=1 -DLAPSES=1 -DSTART_APART -DNO_ATTEMPT_IN_FENCE', [OVERTAKEN]),
    'a refused settlement is counted': ('-DJOBS=1 -DLAPSES=1 -DSTART_APART -DCOUNTS_REFUSED', ['the books balance']),
    'a reclaim keeps the attempt': ('-DJOBS=1 -DLAPSES=1 -DSTART_APART -DRECLAIM_KEEPS_ATTEMPT', [OVERTAKEN]),
    'no counter of what was left out, no sweep': ('-DJOBS=3 -DWORKERS=1 -DNO_COUNTER -DNO_SWEEP', [END]),
    'no cursor': ('-DJOBS=2 -DWORKERS=1 -DNO_CURSOR', [OVER, ONCE]),
    'no re-assertion': ('-DJOBS=1 -DFLUSHES=1 -DNO_REASSERTION -DNO_WAIT', [ONCE]),
    'the leader does not wait for re-assertions': ('-DJOBS=1 -DFLUSHES=1 -DNO_WAIT', [ONCE]),
    'no confirmation': ('-DJOBS=1 -DNO_CONFIRMATION', [OVER]),
    'no sweep': ('-DJOBS=1 -DWORKERS=1 -DAPI_DEATHS=1 -DNO_SWEEP', [END]),
    'a refill does not look at what is held': ('-DJOBS=1 -DREFILL_IGNORES_HELD', [ONCE, 'number of its held jobs']),
    'the epoch of a push is not looked at': ('-DJOBS=1 -DFLUSHES=1 -DNO_EPOCH_CHECK', [OVER, ONCE]),
    'the epoch is noted after the commit': ('-DJOBS=2 -DFLUSHES=1 -DWORKERS=1 -DEPOCH_NOTED_LATE -DANY_ORDER', [OVER, ONCE]),
    'the epoch is counted in the index': ('-DJOBS=1 -DFLUSHES=1 -DEPOCH_FROM_INDEX', ['an epoch is opened once']),
    'no session numbers': ('-DJOBS=1 -DLATE_STEPS=1 -DNO_SESSION', ['nobody holds', END]),
    'no term': ('-DJOBS=1 -DWORKERS=1 -DSCHEDULERS=2 -DFLUSHES=1 -DLEADER_LAPSES=1 -DNO_TERM', ['only the leader of the current term']),
    'open does not ask for the epoch': ('-DJOBS=1 -DSCHEDULERS=2 -DFLUSHES=1 -DLEADER_LAPSES=1 -DOPEN_ANY', [ONCE]),
    'the beat is not looked at': ('-DJOBS=1 -DSNAPSHOTS=1 -DNO_BEAT', [ONCE, END]),
    'nobody promotes delayed rows': ('-DJOBS=1 -DWORKERS=1 -DFAILURES=1 -DFULL_DUES=1 -DNO_PROMOTION', [END]),
    'a claim does not look at the limit': ('-DJOBS=2 -DWINDOW=2 -DLIMIT=1 -DNO_LIMIT', ['limit holds']),
    'a claim does not look at the parking': ('-DJOBS=1 -DWORKERS=1 -DPARKS=1 -DNO_PARKING', ['parked lane']),
    'a rebuild forgets the settings of lanes': ('-DJOBS=2 -DWINDOW=2 -DLIMIT=1 -DFLUSHES=1 -DSETTINGS_FORGOTTEN', ['limit holds']),
    'the retry of a strict lane leaves its place': ('-DJOBS=2 -DWORKERS=1 -DWINDOW=2 -DLIMIT=1 -DSTRICT -DFAILURES=1 -DSTRICT_FORGETS', ['keeps its place']),
    'a strict lane does not ask the ledger what comes first':
        ('-DJOBS=2 -DWORKERS=1 -DLIMIT=1 -DSTRICT -DORDER_IS_NOT_ASKED', ['runs in order']),
    'what comes first in a strict lane finds no room in it':
        ('-DJOBS=4 -DWORKERS=1 -DWINDOW=2 -DREFILL_AT=0 -DLIMIT=1 -DSTRICT -DAPI_DEATHS=1 -DCOUNT_TO=3 -DFIRST_NEEDS_ROOM -DLIVENESS', ['liveness']),
    'a cancellation leaves the cursor': ('-DJOBS=1 -DWORKERS=1 -DCANCELS=1 -DCANCEL_LEAVES_CURSOR', ['cancelled job']),
    'a confirmation does not see the mark': ('-DJOBS=1 -DWORKERS=1 -DCANCELS=1 -DSTART_APART -DCONFIRM_IGNORES_MARK', ['cancelled job']),
    'a cancellation asks an index that recovers': ('-DJOBS=1 -DCANCELS=1 -DFLUSHES=1 -DSTART_APART -DCANCEL_ASKS_RECOVERING', ['cancelled job']),
    'a cancellation does not ask for a refill': ('-DJOBS=2 -DWORKERS=1 -DCANCELS=1 -DCANCEL_FORGETS_REFILL', ['nothing is left over', END]),
    'liveness without the sweep': ('-DJOBS=1 -DWORKERS=1 -DAPI_DEATHS=1 -DNO_SWEEP -DLIVENESS', ['liveness']),
    'liveness without session numbers': ('-DJOBS=1 -DLATE_STEPS=1 -DNO_SESSION -DLIVENESS', ['liveness']),
}
# name: definitions, the law that does not hold, what would mend it. None where that takes long to search: -DKEYS_ASK_EPOCH (a minute with two
# workers), -DOLDER_EPOCH_IS_LOST.
WEAKNESSES = {
    # Without the law (-DKEYS_LAW_OFF, two workers) a job is run twice.
    'a leader that is late sweeps the keys of a living epoch away':
        ('-DJOBS=1 -DWORKERS=1 -DSCHEDULERS=2 -DFLUSHES=2 -DLEADER_LAPSES=1', ['no keys of a living epoch'], None),
    'a copy of an older epoch is taken for alive': ('-DJOBS=1 -DWORKERS=1 -DSNAPSHOTS=1 -DFLUSHES=1 -DKEYS_ASK_EPOCH', [OVER, ONCE], None),
    'a lane that is let go counts from 0 again, and a late refill clears its mark; the sweep mends it':
        ('-DJOBS=4 -DWORKERS=1 -DREFILLERS=2 -DNO_SWEEP', [END], '-DCOUNT_STAYS'),
    'a worker that was overtaken between claim and confirmation runs under the same attempt':
        ('-DJOBS=1 -DLAPSES=1 -DSTART_APART -DSTRONG_FENCE', [OVERTAKEN], '-DLEASE_WATCHED'),
    'a setting of which the index was not told for 15 seconds is never told':
        ('-DJOBS=1 -DWORKERS=1 -DPARKS=1 -DOUTAGES=1', [END], '-DSETTINGS_KEPT'),
    'the mark of a reclaimed job is lost with the answer of the step that claimed it':
        ('-DJOBS=1 -DLAPSES=1 -DLOST_ANSWERS=1 -DSTART_APART -DSTRONG_FENCE -DLEASE_WATCHED', [OVERTAKEN], '-DMARK_STAYS'),
}


class Result:
    """One search: the law that was broken or None, the run that breaks it in words, and what it took."""

    def __init__(self, definitions, expects_failure=False):
        self.law, self.trail, self.states, self.seconds, self.statements, self.reached = None, '', 0, 0, set(), set()
        with tempfile.TemporaryDirectory(prefix='voicera-spin-') as folder:
            self.folder = pathlib.Path(folder)
            self.search(definitions.split(), expects_failure)

    def run(self, *command):
        """Its output. Several searches may run at once, so that each command's processor time is asked for by its id."""
        with open(self.folder / 'out', 'w+') as out:
            child = subprocess.Popen(command, cwd=self.folder, stdin=subprocess.DEVNULL, stdout=out, stderr=out)
            _, status, used = os.wait4(child.pid, 0)
            child.returncode = os.waitstatus_to_exitcode(status)
            self.seconds += used.ru_utime + used.ru_stime
            out.seek(0)
            return out.read()

    def search(self, definitions, expects_failure):
        is_liveness = '-DLIVENESS' in definitions
        for part in HERE.glob('*.pml'): shutil.copy(part, self.folder)     # spin writes beside what it reads
        said = self.run('spin', '-a', *definitions, 'protocol.pml')
        if not (self.folder / 'pan.c').exists(): raise RuntimeError(f'spin does not take the model:\n{said}')
        # What fails does so at once, and worlds of one job are small: there the compiler's time counts. NFAIR: bytes for the fairness of 30 processes.
        switches = ['-DNFAIR=4'] if is_liveness else ['-DSAFETY']
        said = self.run('gcc', '-O0' if expects_failure or '-DJOBS=1' in definitions else '-O1', '-w', '-o', 'pan', 'pan.c', f'-DMEMLIM={MEMORY}', *switches)
        if not (self.folder / 'pan').exists(): raise RuntimeError(f'gcc does not take what spin made of the model:\n{said}')
        out = self.run('./pan', '-m10000', '-w22', *(['-a', '-f'] if is_liveness else []))
        stored, errors = re.search(r'(\d\S*) states, stored', out), re.search(r'errors: (\d+)', out)
        if not stored or not errors or 'max search depth too small' in out: raise RuntimeError(f'the search did not come to its end:\n{out}')
        self.states = int(float(stored.group(1)))
        if errors.group(1) != '0':
            self.explain(self.run('spin', '-t', *definitions, 'protocol.pml'))
        elif 'Search not completed' in out:
            raise RuntimeError(f'the search did not come to its end:\n{out}')
        elif not is_liveness:
            self.statements = set(re.findall(r'(\w+\.pml:\d+) => ', self.run('./pan', '-d')))
            self.reached = self.statements - set(re.findall(r'^\t(\w+\.pml:\d+), state \d+, ', out, re.MULTILINE))

    def explain(self, text):
        lines = [line.strip() for line in text.splitlines()]
        broken = next((re.match(r'spin: (?:\S*/)?(\w+\.pml):(\d+), Error: assertion violated', line) for line in lines if 'assertion violated' in line and ':' in line), None)
        self.law = 'liveness: a run that goes on for ever, or stops, with a job that has not ended'
        if broken: self.law = (HERE / broken.group(1)).read_text().splitlines()[int(broken.group(2)) - 1].partition('/* law: ')[2].partition(' */')[0] or lines[0]
        self.trail = '\n'.join(line for line in lines if line.startswith('- ') or line == '<<<<<START OF CYCLE>>>>>')


def everything():
    """(name, definitions, laws of which one must break or None)."""
    for name, definitions in CONFIGURATIONS.items(): yield name, definitions, None
    for name, definitions in LIVENESS.items(): yield name, definitions + ' -DLIVENESS', None
    for name, (definitions, laws) in VARIANTS.items(): yield f'broken: {name}', definitions, laws
    for name, (definitions, laws, mended) in WEAKNESSES.items():
        yield f'weakness: {name}', definitions, laws
        if mended: yield f'mended: {name}', f'{definitions} {mended}', None


def laws():
    """Every law that the model states."""
    return {law for part in HERE.glob('*.pml') for law in re.findall(r'/\* law: (.*?) \*/', part.read_text())}


def line(name, result):
    return f'{result.seconds:6.1f} s {result.states:9,} states  {name}' + (f': fails, «{result.law}»' if result.law else '')


def complaint(name, definitions, expected, result):
    """What is wrong, with the run in words; None when all is as it should be."""
    if expected is None and result.law: return f'{name} ({definitions}) breaks the law «{result.law}»:\n{result.trail}'
    if expected is not None and not result.law: return f'{name} ({definitions}) does not fail'
    if expected is not None and not any(law in result.law for law in expected):
        return f'{name} ({definitions}) fails by «{result.law}», not by {expected}:\n{result.trail}'
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('names', nargs='*')
    parser.add_argument('--define')
    parser.add_argument('--liveness', action='store_true')
    parser.add_argument('--trail', action='store_true', help='print the runs by which broken variants fail')
    options = parser.parse_args()
    if options.define: cases = [(options.define, options.define + (' -DLIVENESS' if options.liveness else ''), None)]
    else: cases = [case for case in everything() if not options.names or any(name in case[0] for name in options.names)]
    wrong = 0
    for name, definitions, expected in cases:
        result = Result(definitions, expects_failure=expected is not None)
        print(line(name, result), flush=True)
        said = complaint(name, definitions, expected, result)
        if said: wrong += 1
        if said or options.trail: print(said or result.trail)
    print(f'{len(cases)} searches, {wrong} not as they should be')
    sys.exit(bool(wrong))


if __name__ == '__main__': main()
