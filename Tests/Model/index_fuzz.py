"""Random runs of the real Lua scripts on a real Redis, against a simulated ledger, with faults between any two actions.

    redis-server --port 0 --unixsocket x.sock --save '' &
    python3 index_fuzz.py --socket x.sock --scripts Sources/Queue/Scripts --runs 2000 [--seed N] [--faults flush,late,…] [--stop]

Worlds differ in everything: windows of one to six ids, lanes with rates, limits, strict order and keys, operators who change limits, park, pause and
cancel, slow keepers, long attempts. A violation is one line with the seed that repeats it; `--stop` prints the calls that led to it.

What is real: every script, prelude included; only the clock is ours, so that seconds cost nothing. What is simulated, action by action as the Swift
does it: the ledger's statements (fuzz_ledger.py), QueueRunner with Holdings and IndexKeeper (fuzz_worker.py), IndexPusher, Refiller, JobCanceller and
the operators (here). An action is one script call or one statement; reading an answer is an action of its own wherever something may come between.

Checked after every action (fuzz_index.py): running counts are what is held · an id stands in one place · what may run is offered, and in time ·
windows hold · `behind` and `away` are what they count · a key with jobs has one head, which is somewhere · envelopes and keys have their id · a lane
that overflows and has run low is to be refilled.
Checked at every claim: the want, the limits of lane and fleet, rates, slow starts; nothing of a parked lane or a paused queue.
Checked at every start: no job runs twice unless a worker died or was paused; jobs of a strict lane or of one key run one at a time, and none before
another that stood before it when the ledger was asked. No job is ended as cancelled while it runs. No refill is asked for in vain again and again.
At the end, faults over: every job has ended, nothing is held, marked or left over.
"""
import argparse, random, sys, time
from fuzz_index import SECOND, INDEX, Index, Redis, Violation
from fuzz_ledger import Job, Ledger, more
from fuzz_worker import BEAT, Keeper, Worker

FAULTS = ('flush', 'restart', 'snapshot', 'crash', 'pause', 'api', 'lost', 'late', 'leave', 'unsettled')


class Told:
    """What the index was told of limits, kept apart from what it says, and what it has claimed since."""

    def __init__(self, world):
        self.world, self.claimed = world, {}
        self.forget()

    def forget(self): self.lanes, self.queue, self.slow, self.rates = {}, (0, 1, 0, 0, 0, 0), {}, {}

    def until(self, parked): return parked if parked <= 0 else self.world.index.now + parked

    def is_on(self, until): return until < 0 or until > self.world.index.now

    def limits(self, lane):
        own = self.lanes.get(lane, ('', '', '', '', 0))
        interval, burst, limit, strict = (int(self.queue[i] if own[i] == '' else own[i]) for i in range(4))
        return interval, burst, 1 if strict else limit

    def hear(self, script, arguments, answer):
        if script == 'reset' and answer is not None:
            self.forget()
            for job in self.world.ledger.jobs.values(): job.waits = 0
        elif script == 'tune' and answer is not None:
            self.queue = (*arguments[:5], self.until(arguments[5]))
            self.rates = {}
        elif script == 'configure' and answer is not None:
            for at in range(0, len(arguments), 6):
                lane, parked = arguments[at], arguments[at + 5]
                if parked or self.is_on(self.lanes.get(lane, (0,) * 5)[4]): self.slow[lane] = 1
                self.lanes[lane] = (*arguments[at + 1:at + 5], self.until(parked))
                self.rates.pop(lane, None)
        elif script == 'step' and answer[0] == 'ok': self.stepped(arguments, answer)

    def stepped(self, arguments, answer):
        w, now = self.world, self.world.index.now
        for id in arguments[8:8 + arguments[7]]:
            lane = w.ledger[id].lane
            if lane not in self.slow or self.is_on(self.lanes.get(lane, (0,) * 5)[4]): continue
            self.slow[lane] += 1
            limit = self.limits(lane)[2]
            if self.slow[lane] > 64 or 0 < limit <= self.slow[lane]: del self.slow[lane]
        if not answer[3]: return
        if self.is_on(self.queue[5]): raise Violation('a paused queue is claimed from')
        key = f'v2:{{q.0}}:{answer[1]}:held'
        held = [value.split('|')[2] for value in w.index.redis.call('HVALS', key)]
        if 0 < self.queue[4] < len(held): raise Violation(f'{len(held)} held of a fleet of {self.queue[4]}')
        for at in range(0, len(answer[3]), 3):
            lane, count = answer[3][at], len(answer[3][at + 2]) // 2
            interval, burst, limit = self.limits(lane)
            running = held.count(lane)
            if lane in self.lanes and self.is_on(self.lanes[lane][4]): raise Violation(f'{lane} is parked and claimed from')
            if 0 < limit < running: raise Violation(f'{running} of {lane}, which may run {limit}')
            if running > self.slow.get(lane, running): raise Violation(f'{running} of {lane}, which starts slowly with {self.slow[lane]}')
            if interval:
                since, n = self.rates.get(lane, (now, 0))
                self.rates[lane] = since, n + count
                if n + count > burst + 1 + (now - since) / interval: raise Violation(f'{n + count} of {lane} in {now - since} us')


class World:
    def __init__(self, index, rng, options):
        self.index, self.rng, self.options, self.calm = index, rng, options, False
        index.begin()
        self.window, self.slots, self.most_due = rng.choice([1, 2, 4, 6, 20]), rng.choice([1, 2, 3, 5]), rng.choice([1, 3, 100])
        self.recovery_wait = int(options.recovery_wait * SECOND)
        self.ledger = Ledger(index, self.running)
        self.names = [f'lane{i}' for i in range(rng.choice([1, 1, 2, 3]))]
        self.most_jobs = rng.choice([.5, 1, 2]) * options.jobs
        # Of each lane: how likely its jobs have a key.
        self.keyed = {lane: rng.choice({'mixed': [0, 0, .5, 1], 'keyed': [.8, 1]}.get(options.lanes, [0])) for lane in self.names}
        for lane in self.names:
            if options.lanes != 'mixed' or rng.random() < .5: self.ledger.lanes[lane] = self.some_limits() | {'parked': 0}
        if rng.random() < .3: self.ledger.queue |= self.some_defaults()
        # Every world has its own pace: a quick keeper, long attempts, a slow ledger, much or little time between two actions.
        self.pace = {'keeper': rng.choice([.5, 1, 3]), 'finish': rng.choice([.1, .5, 1.5]), 'tick': rng.choice([.15, .5, .5, 2]),
                     'ask': rng.choice([.3, 1.5]), 'commit': rng.choice([.3, 1.5]), 'refill': rng.choice([.3, 2]), 'late': rng.choice([.03, .1, .5]),
                     'operate': rng.choice([0, 0, .03, .15]), 'cancel': rng.choice([0, 0, .03, .15]), 'accept': rng.choice([.1, .3, 2]), 'push': rng.choice([.2, 3, 3]), 'fault': rng.choice([.03, .1, .4])}
        self.pace |= options.pace
        self.serial, self.vain, self.has_greeted = 0, {}, False
        self.pushes, self.damaged, self.api_epoch, self.late, self.refills, self.reads, self.tasks = [], set(), '', [], [], [], []
        self.told, self.keeper, self.trace, self.names_given = Told(self), Keeper(self), [], 0
        index.listener = self.told.hear
        self.workers = []
        for _ in range(rng.choice([1, 2, 2, 3])): self.hire()
        index.keep()

    def hire(self):
        self.names_given += 1
        self.workers.append(Worker(self, f'w{self.names_given}'))

    def running(self, job):
        """Claims whose attempts run on workers that neither died nor were paused."""
        return [(w, claim) for w in self.workers for id, claim, _ in w.attempts if id == job.id and not claim.lost and not w.gone and not w.excused]

    def send(self, script, arguments, fate='ok'):
        """The answer, or None when it does not come; a late call arrives some other time."""
        if fate == 'late': self.late.append((script, arguments))
        if fate in ('late', 'never'): return None
        answer = self.index(script, *arguments)
        return None if fate == 'lost' else answer

    def outcome(self):
        if self.calm: return 'succeeded', 0
        return self.rng.choice([('succeeded', 0)] * 2 + [('retried', 1), ('retried', 2 * SECOND), ('snoozed', SECOND), ('dead', 0)])

    # The API
    def accept(self):
        for _ in range(self.rng.choice([1, 1, 2, 6])): self.accept_one()

    def accept_one(self):
        self.serial += 1
        rng, now = self.rng, self.index.now
        delay, lane = rng.choice([0, 0, 0, 0, SECOND // 2, 3 * SECOND]), rng.choice(self.names)
        key = rng.choice('ab') if rng.random() < self.keyed[lane] else ''
        job = Job(f'j{self.serial:05}', lane, key, rng.choice([0, 0, 0, 0, 1, -1]), now + delay, delay > 0)
        self.ledger.accept(job)
        self.pushes.append((job, delay, self.api_epoch))

    def push(self, fate='ok'):
        # The first one is empty and brings the epoch.
        most = 4 if self.has_greeted else 0
        batch, self.pushes, self.has_greeted = self.pushes[:most], self.pushes[most:], True
        epoch = '' if not batch else batch[0][2] if len({p[2] for p in batch}) == 1 else ''
        arguments = [epoch, self.window, self.most_due]
        for lane in sorted({p[0].lane for p in batch}):
            mine = [p for p in batch if p[0].lane == lane]
            arguments += [lane, len(mine)]
            for job, delay, _ in mine: arguments += [job.id, job.priority, delay, job.key, '' if delay or job.key else 'e']
        answer = self.send('enqueue', arguments, fate) or ['lost', '']
        self.api_epoch = answer[1] if answer[0] == 'ok' else ''
        if answer[0] == 'lost': self.damaged |= {p[0].lane for p in batch}

    def mend(self):
        if self.index('mark', *sorted(self.damaged)) is not None:
            self.damaged = set()
            answer = self.index('enqueue', '', self.window, self.most_due)
            self.api_epoch = answer[1] if answer[0] == 'ok' else ''

    def bring_forward(self, jobs):
        arguments = ['', self.window, self.most_due]
        for job in jobs: arguments += [job.lane, 1, job.id, job.rank, -1, job.key, '']
        self.send('enqueue', arguments, self.rng.choice(['ok'] * 8 + ['lost', 'never']) if not self.calm else 'ok')

    # The refiller
    def order_refills(self, flat, epoch):
        for at in range(0, len(flat), 3): self.refills.append((*flat[at:at + 3], epoch))

    def read(self):
        lane, dropped, depth, epoch = self.refills.pop(self.rng.randrange(len(self.refills)))
        limit = depth + 1
        rows = self.ledger.first(lane, limit)
        self.reads.append((lane, dropped, rows, more(rows, limit), epoch))

    def refill(self): self.refilled(*self.reads.pop(self.rng.randrange(len(self.reads))))

    def refilled(self, lane, dropped, rows, left, epoch):
        answer = self.index('refilled', epoch, self.window, lane, dropped, left, *[x for j in rows for x in (j.id, j.rank, j.key)])
        call, prefix = self.index.redis.call, f'v2:{{q.0}}:{epoch}:'
        again = call('ZSCORE', prefix + 'refill', lane)
        is_vain = answer == ['ok', 0] and again is not None and float(again) <= self.index.now and call('HGET', prefix + f'state:{lane}', 'dropped') == str(dropped)
        self.vain[lane] = [at for at in self.vain.get(lane, []) if at > self.index.now - SECOND] + [self.index.now] if is_vain else []
        if len(self.vain[lane]) > 3: raise Violation(f'{lane} is refilled again and again, in vain')

    # The operators
    def some_limits(self):
        rng, limits = self.rng, dict(interval='', burst='', limit='', strict='')
        kind = rng.choice(['rate', 'burst', 'limit', 'strict', 'strict', 'both', 'none'])
        if kind in ('rate', 'both'): limits |= dict(interval=SECOND // 2, burst=1)
        if kind == 'burst': limits |= dict(interval=rng.choice([SECOND, SECOND // 10]), burst=3)
        if kind in ('limit', 'both'): limits['limit'] = rng.choice([0, 1, 2])
        if kind == 'strict': limits['strict'] = rng.choice([1, 1, 1, 0])
        if self.options.lanes != 'mixed': limits['strict'] = 1 if self.options.lanes == 'strict' else 0
        return limits

    def some_defaults(self):
        rng = self.rng
        return dict(interval=rng.choice([0, 0, SECOND // 4]), burst=rng.choice([1, 2]), limit=rng.choice([0, 0, 1, 3]), strict=rng.choice([0, 0, 0, 1]),
                    fleet=rng.choice([0, 0, 1, 2, 4]))

    def left_of(self, until): return until if until <= 0 else max(0, until - self.index.now)

    def lane_words(self, lane):
        s = self.ledger.lanes[lane]
        return [lane, s['interval'], s['burst'], s['limit'], s['strict'], self.left_of(s['parked'])]

    def queue_words(self):
        s = self.ledger.queue
        return [s['interval'], s['burst'], s['limit'], s['strict'], s['fleet'], self.left_of(s['paused'])]

    def tell_lane(self, lane): self.index('configure', *self.lane_words(lane))
    def tell_queue(self): self.index('tune', *self.queue_words())

    def operate(self):
        """Changes settings; says so itself, mostly, or leaves it to the leader."""
        rng, name = self.rng, self.rng.choice([None] + self.names)
        until = rng.choice([0, 0, -1, self.index.now + SECOND // 2, self.index.now + 3 * SECOND])
        if name is None:
            if rng.random() < .6: self.ledger.queue |= self.some_defaults()
            else: self.ledger.queue['paused'] = until
        else:
            lane = self.ledger.lanes.setdefault(name, dict(interval='', burst='', limit='', strict='', parked=0))
            if rng.random() < .4: lane |= self.some_limits()
            else: lane['parked'] = until
        self.ledger.changed[name] = self.index.now
        if rng.random() < .7: self.tasks.append(self.telling(name))

    def telling(self, name):
        self.tell_queue() if name is None else self.tell_lane(name)
        yield

    def cancel(self):
        job = self.rng.choice(self.ledger.pending())
        job.is_marked = True
        self.tasks.append(self.end(job))

    def end(self, job):
        """JobCanceller: tells the index, then ends in the ledger what nobody holds."""
        attempt = job.attempt
        yield
        answer = self.send('cancel', [self.window, job.id, job.lane], 'ok' if self.calm else self.rng.choice(['ok'] * 6 + ['lost', 'never']))
        yield
        if answer and answer[0] != 'held': self.ledger.end_marked(job.id, attempt)

    def proceed(self):
        at = self.rng.randrange(len(self.tasks))
        try: next(self.tasks[at])
        except StopIteration: self.tasks.pop(at)

    # Running
    def live(self): return [w for w in self.workers if not w.paused and not w.gone]

    def tick(self):
        """Time passes; a worker that is neither dead nor paused steps at least every beat."""
        until = self.index.now + self.rng.choice([1000, 50_000, 300_000, 300_000, SECOND, 2 * SECOND])
        while True:
            due = min(((w.stepped_at + BEAT, i) for i, w in enumerate(self.workers) if not w.paused and not w.gone), default=None)
            if not due or due[0] > until: break
            self.index.tick(max(0, due[0] - self.index.now))
            self.workers[due[1]].step()
        self.index.tick(max(0, until - self.index.now))

    def choose(self):
        rng, say = self.rng, []
        def add(weight, name, action): say.append((weight, name, action))
        add(self.pace['tick'], 'tick', self.tick)
        if self.serial < self.most_jobs: add(self.pace['accept'], 'accept', self.accept)
        if self.pushes or not self.has_greeted: add(self.pace['push'], 'push', self.push)
        if self.damaged: add(1, 'mend', self.mend)
        if self.refills: add(self.pace['refill'], 'read', self.read)
        if self.reads: add(self.pace['refill'], 'refill', self.refill)
        if self.tasks: add(1.5, 'proceed', self.proceed)
        add(self.pace['operate'], 'operate', self.operate)
        if self.ledger.pending(): add(self.pace['cancel'], 'cancel', self.cancel)
        add(self.pace['keeper'], 'keeper', self.keeper.advance)
        for w in self.live():
            for action in w.actions():
                # With nothing to report a worker rests, at most for a beat: `tick` sees to that.
                is_idle = action == w.step and not w.settled and not w.returned and w.next == 'step' and rng.random() < .8
                if not is_idle: add(self.pace.get(action.__name__, 1.5), f'{w.name}.{action.__name__}', action)
        f = self.options.faults
        def fail(weight, name, action): add(self.pace['fault'] * weight, name, action)
        if 'flush' in f: fail(.15, 'FLUSH', self.index.flush)
        if 'restart' in f: fail(.05, 'RESTART', self.restart)
        if 'snapshot' in f:
            fail(.1, 'keep', self.index.keep)
            fail(.04, 'SNAPSHOT', self.index.restore)
        if 'api' in f: fail(.08, 'API CRASH', self.api_crash)
        for w in self.live():
            if 'crash' in f: fail(.05, f'{w.name} CRASH', lambda w=w: self.crash(w))
            if 'pause' in f: fail(.04, f'{w.name} PAUSE', lambda w=w: self.pause(w))
            if 'leave' in f and not w.stopping: fail(.04, f'{w.name} STOP', lambda w=w: self.stop(w))
            if 'unsettled' in f and w.settling: fail(.4, f'{w.name} UNSETTLED', lambda w=w: w.commit(fails=True))
            for fate in ('lost', 'never') if 'lost' in f else (): fail(.08, f'{w.name}.step {fate}', lambda w=w, fate=fate: w.step(fate))
            if 'late' in f: fail(.08, f'{w.name}.step late', lambda w=w: w.step('late'))
        if self.pushes and 'lost' in f: fail(.1, 'push lost', lambda: self.push('lost')); fail(.1, 'push never', lambda: self.push('never'))
        if self.pushes and 'late' in f: fail(2, 'push late', lambda: self.push('late'))
        if self.late: add(self.pace['late'], 'late arrives', self.arrive)
        for w in self.workers:
            if w.paused: add(.4, f'{w.name} resumes', lambda w=w: setattr(w, 'paused', False))
        return rng.choices([(n, a) for _, n, a in say], [x for x, _, _ in say])[0]

    def restart(self): self.index.run += 1

    def api_crash(self): self.pushes, self.damaged, self.api_epoch, self.tasks, self.has_greeted = [], set(), '', [], False

    def crash(self, w):
        w.gone = w.excused = True
        self.hire()

    def pause(self, w): w.paused = w.excused = True

    def stop(self, w):
        w.stop()
        self.hire()

    def arrive(self):
        script, arguments = self.late.pop(self.rng.randrange(len(self.late)))
        self.index(script, *arguments)

    def do(self, name, action):
        self.trace.append(f'{(self.index.now / SECOND) % 1000:8.3f} {name}')
        self.ledger.moment += 1
        action()
        if self.calm and self.ledger.moment % 5: return
        # Given back at once: what workers hold, what was brought forward for it, and keys' heads that come from the due set.
        given_back = self.slots * 3 * len(self.workers) + self.most_due
        bad = self.index.inspect(self.window, given_back, *self.names)
        if bad: raise Violation('; '.join(bad))

    def settle_down(self):
        """Faults are over; everyone does what they do, in turn."""
        self.calm = True
        for w in self.workers: w.paused = False
        while self.late: self.do('late arrives', self.arrive)
        for lane in self.ledger.lanes.values(): lane['parked'] = 0
        self.ledger.queue['paused'] = 0
        for name in [None, *self.ledger.lanes]: self.ledger.changed[name] = self.index.now
        started = busy = self.index.now
        while self.index.now < started + (100 + 4 * self.options.jobs) * SECOND:
            while self.pushes: self.do('push', self.push)
            if self.damaged: self.do('mend', self.mend)
            for w in self.live():
                for action in list(w.actions()): self.do(f'{w.name}.{action.__name__}', action)
            while self.tasks: self.do('proceed', self.proceed)
            while self.refills: self.do('read', self.read)
            while self.reads: self.do('refill', self.refill)
            for _ in range(3): self.do('keeper', self.keeper.advance)
            is_busy = bool(self.ledger.pending())
            self.do('tick', lambda: self.index.tick(300_000 if is_busy else SECOND))
            if is_busy: busy = self.index.now
            if self.index.now > busy + 25 * SECOND: break    # leases of the dead and tokens of lost refills have run out
        left = self.index.leftovers(None if self.options.allow_states else set(self.ledger.lanes))
        stuck = [f'{j.id} (attempt {j.attempt}, {j.lane}/{j.key}, priority {j.rank}, delayed {j.delayed})' for j in self.ledger.pending()]
        if stuck: raise Violation('stuck: ' + ', '.join(stuck) + f'; {left}')
        for job in self.ledger.jobs.values():
            if job.state == 'succeeded' and not job.starts: raise Violation(f'{job.id} ended and never ran')
        if left: raise Violation('left over: ' + left)

    def go(self):
        for _ in range(self.options.steps): self.do(*self.choose())
        self.settle_down()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--socket', required=True)
    parser.add_argument('--scripts', required=True)
    parser.add_argument('--runs', type=int, default=200)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=24)
    parser.add_argument('--steps', type=int, default=500)
    parser.add_argument('--faults', type=lambda text: set(filter(None, text.split(','))), default=set(FAULTS) - {'snapshot'},
                        help='of ' + ', '.join(FAULTS) + '; snapshot: restored under the same run_id, which only the beat notices, after up to a second')
    parser.add_argument('--lanes', choices=['mixed', 'plain', 'strict', 'keyed'], default='mixed')
    parser.add_argument('--pace', type=lambda text: {k: float(v) for k, v in (part.split('=') for part in text.split(','))}, default={},
                        help='how often, instead of by chance: operate=1,cancel=2')
    parser.add_argument('--recovery-wait', type=float, default=2.5, help='seconds between reset and open')
    parser.add_argument('--allow-states', action='store_true', help='let emptied lanes keep their state hash')
    parser.add_argument('--stop', action='store_true', help='at the first violation, with the calls that led to it')
    parser.add_argument('--first', action='store_true', help='at the first violation')
    options = parser.parse_args()
    redis, found, began, runs = Redis(options.socket), {}, time.time(), 0
    if redis.call('CLIENT', 'LIST').count('\n') > 1: raise SystemExit('somebody else is on this server, which is emptied for each world')
    index = Index(redis, options.scripts)
    for seed in range(options.seed, options.seed + options.runs):
        runs += 1
        index.listener = None
        world = World(index, random.Random(seed), options)
        if options.stop: index.log = world.trace
        try: world.go()
        except Violation as violation:
            kind = ''.join('#' if c.isdigit() else c for c in str(violation))[:28]
            found.setdefault(kind, []).append((len(world.trace), seed, str(violation)))
            if options.stop:
                print('\n'.join(world.trace))
                print(f'seed {seed}: window {world.window}, slots {world.slots}, most due {world.most_due}, {world.ledger.lanes} {world.ledger.queue}\n{violation}')
                sys.exit(1)
            if options.first: break
        except RuntimeError as error:
            found.setdefault('script error', []).append((0, seed, str(error)))
    print(f'{runs} runs in {time.time() - began:.0f} s, faults {",".join(sorted(options.faults)) or "none"}: {sum(map(len, found.values()))} violations')
    for kind, cases in sorted(found.items(), key=lambda item: -len(item[1])):
        _, seed, text = min(cases)
        print(f'{len(cases):5}  seed {seed}: {text[:300]}')
    sys.exit(bool(found))

if __name__ == "__main__": main()
