"""Random runs of the real Lua scripts on a real Redis, against a simulated ledger, with faults between any two actions.

    redis-server --port 0 --unixsocket x.sock --save '' &
    python3 index_fuzz.py --socket x.sock --scripts Sources/Queue/Scripts --runs 2000 [--seed N] [--faults flush,late,…] [--recovery-wait 2.5] [--stop]

The pace differs from world to world; a violation is one line, with the seed that repeats it.

What is real: every script, prelude included; only `clock()` is replaced by a clock of ours, so that seconds cost nothing. What is simulated, action by
action as the Swift does it: the ledger's statements, QueueRunner with Holdings, IndexPusher, Refiller, IndexKeeper. An action is one script call or
one statement; reading an answer is an action of its own wherever something may come between.

Checked after every action: a lane's running count is the number of its held ids · whatever may run is in the ready set · windows hold · no envelope
or due entry without its id. At the end, faults over: every job has ended, nothing is held, marked or left over. And never: a job run twice although
no worker died or was paused.
"""
import argparse, os, random, socket, sys, time

SECOND = 1_000_000
LEASE, BEAT, TOKEN = 8 * SECOND, 2 * SECOND, 5 * SECOND
INDEX = 'v1:{q.0}:index'
FAULTS = ('flush', 'restart', 'snapshot', 'crash', 'pause', 'api', 'lost', 'late', 'leave')


class Redis:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile('rb')

    def call(self, *words):
        out = [b'*%d\r\n' % len(words)]
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            out.append(b'$%d\r\n%b\r\n' % (len(data), data))
        self.socket.sendall(b''.join(out))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b':': return int(rest)
        if kind == b'+': return rest.decode()
        if kind == b'-': raise RuntimeError(rest.decode())
        if kind == b'$': return None if rest == b'-1' else self.file.read(int(rest) + 2)[:-2].decode('latin1')
        if rest == b'-1': return None
        answers = [self.reply() for _ in range(int(rest))]
        return answers


class Violation(Exception): pass

INSPECT = """
local epoch = enter(ARGV[#ARGV])
if not epoch then return {} end
local now, window, slots, bad, lanes = clock(), tonumber(ARGV[1]), tonumber(ARGV[2]), {}, {}
local function complain(text) bad[#bad + 1] = text end
local held, holding, waiting = redis.call('HGETALL', P .. 'held'), {}, {}
for i = 1, #held, 2 do
  local _, _, lane = splitHeld(held[i + 1])
  holding[lane] = (holding[lane] or 0) + 1
end
for i = 3, #ARGV - 1 do
  local lane = ARGV[i]
  local s, count = stateOf(lane), redis.call('ZCARD', laneKey(lane))
  if s.running ~= (holding[lane] or 0) then complain('running of ' .. lane .. ' is ' .. s.running .. ', held ' .. (holding[lane] or 0)) end
  if count > window + slots then complain('window of ' .. lane .. ': ' .. count) end
  if count > 0 and opening(s, now) and not redis.call('ZSCORE', P .. 'ready', lane) then complain('not offered: ' .. lane) end
  for _, id in ipairs(redis.call('ZRANGE', laneKey(lane), 0, -1)) do
    waiting[id] = true
    if redis.call('HEXISTS', P .. 'held', id) == 1 then complain('both waiting and held: ' .. id) end
  end
end
for _, id in ipairs(redis.call('HKEYS', P .. 'jobs')) do if not waiting[id] then complain('envelope of nothing: ' .. id) end end
if redis.call('ZCARD', P .. 'due') ~= redis.call('HLEN', P .. 'dues') then complain('due and dues differ') end
return bad
"""


class Index:
    """The shard's index: scripts, our clock, and the faults of a server."""

    def __init__(self, redis, folder):
        self.redis, self.digests = redis, {}
        prelude = open(os.path.join(folder, 'prelude.lua')).read()
        mine = "local t = redis.call('TIME')\n  return tonumber(t[1]) * 1000000 + tonumber(t[2])"
        assert mine in prelude, 'the prelude reads the clock in another way'
        prelude = prelude.replace(mine, "return tonumber(redis.call('GET', 'fuzz:{q.0}:now'))")
        for name in os.listdir(folder):
            if name.endswith('.v1.lua'):
                self.digests[name.split('.')[0]] = redis.call('SCRIPT', 'LOAD', prelude + open(os.path.join(folder, name)).read())
        self.has_sessions = 'sessions' in open(os.path.join(folder, 'step.v1.lua')).read()
        self.digests['inspect'] = redis.call('SCRIPT', 'LOAD', prelude + INSPECT)

    def begin(self):
        self.now, self.run, self.kept = 1_700_000_000 * SECOND, 1, {}
        self.flush()

    def __call__(self, script, *arguments):
        return self.redis.call('EVALSHA', self.digests[script], 1, INDEX, *arguments, f'run{self.run}')

    def flush(self):
        self.redis.call('FLUSHALL')
        self.tick(0)

    def tick(self, us):
        self.now += us
        self.redis.call('SET', 'fuzz:{q.0}:now', self.now)

    def keep(self):
        keys = [k for k in self.redis.call('KEYS', '*') if not k.startswith('fuzz')]
        self.kept = {k: self.dump(k) for k in keys}

    def dump(self, key):
        # Read as types, not by DUMP: our replies are text.
        kind = self.redis.call('TYPE', key)
        if kind == 'hash': return kind, self.redis.call('HGETALL', key)
        if kind == 'zset': return kind, self.redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
        return kind, self.redis.call('SMEMBERS', key)

    def restore(self):
        self.flush()
        for key, (kind, items) in self.kept.items():
            if not items: continue
            if kind == 'hash': self.redis.call('HSET', key, *items)
            elif kind == 'zset': self.redis.call('ZADD', key, *[x for i in range(0, len(items), 2) for x in (items[i + 1], items[i])])
            else: self.redis.call('SADD', key, *items)


class Job:
    def __init__(self, id, lane, priority, run_at, now, plan):
        self.id, self.lane, self.priority, self.run_at, self.plan = id, lane, priority, run_at, plan
        self.state, self.attempt, self.reclaims, self.delayed = 'pending', 1, 0, run_at > now
        self.life = 0       # grows whenever the ledger itself says that the job is to run again
        self.starts = []    # (life, worker, attempt)


class Holding:
    def __init__(self, priority, lane): self.priority, self.lane, self.ended, self.attempt, self.lost = priority, lane, False, None, False


class Worker:
    """QueueRunner with Holdings. `held` is what it believes to hold; attempts run beside it and outlive what it believes."""
    count = 0

    def __init__(self, world):
        Worker.count += 1
        self.world, self.name = world, f'w{Worker.count}'
        self.held, self.settled, self.returned, self.active = {}, [], [], 0
        self.session, self.epoch, self.excused, self.paused, self.stopping, self.gone = 0, '', False, False, False, False
        self.asks, self.answers = [], []            # confirmations: to be read; read and not yet looked at
        self.attempts, self.settling, self.verdicts = [], [], []
        self.stepped_at = world.index.now
        self.next = 'step'

    # Holdings
    def ended(self, id):
        h = self.held.get(id)
        if h and not h.ended: h.ended = True; self.active -= 1

    def settle(self, id):
        self.ended(id)
        if id in self.held: self.settled.append(id)

    def give_back(self, id, delay):
        self.ended(id)
        if id in self.held: self.returned.append((id, delay))

    def lose(self, ids):
        for id in ids:
            h = self.held.pop(id, None)
            if h:
                h.lost = True
                if not h.ended: self.active -= 1
        self.settled = [i for i in self.settled if i not in ids]
        self.returned = [(i, d) for i, d in self.returned if i not in ids]

    # QueueRunner
    def step(self, fate='ok'):
        w = self.world
        self.stepped_at = w.index.now
        if self.next == 'reassert': return self.reassert(fate)
        settled, returned = self.settled, self.returned
        self.settled, self.returned = [], []
        want = 0 if self.stopping else max(0, min(w.slots - self.active, 2 * w.slots - len(self.held)))
        arguments = [self.name, self.epoch, *([self.session] if w.index.has_sessions else []), LEASE, want, w.window, w.most_due, len(settled), *settled, len(returned)]
        for pair in returned: arguments += pair
        answer = None
        if fate == 'late': w.late.append(('step', arguments))
        elif fate != 'never': answer = w.index('step', *arguments)
        if fate != 'ok' or answer[0] != 'ok':
            self.settled, self.returned = settled + self.settled, returned + self.returned
            if fate != 'ok': self.epoch = ''
            elif answer[0] in ('stranger', 'recovering'): self.next = 'reassert'
            return
        for id in settled + [i for i, _ in returned]: self.held.pop(id, None)
        _, _, wait, lanes, refill = answer
        second, reclaimed, claimed = [], [], 0
        for at in range(0, len(lanes), 2):
            entries = lanes[at + 1]
            for k in range(0, len(entries), 2):
                id, entry = entries[k], entries[k + 1]
                claimed += 1
                if id not in self.held: self.active += 1
                self.held[id] = Holding(w.ledger[id].priority if entry == 'e' else 0, lanes[at])
                if entry == 'e': self.start(id, 1)
                else: (reclaimed if entry == 'r' else second).append(id)
        if claimed > want: raise Violation(f'{self.name} wanted {want}, got {claimed}')
        if second: self.asks.append(('confirm', second))
        if reclaimed: self.asks.append(('reclaim', reclaimed))
        for at in range(0, len(refill), 3): w.refills.append((refill[at], refill[at + 1], refill[at + 2], self.epoch))

    def reassert(self, fate):
        w = self.world
        self.next = 'step'
        self.session += 1
        arguments = [self.name, *([self.session] if w.index.has_sessions else []), LEASE, w.window]
        for id, h in self.held.items(): arguments += [id, h.priority, h.lane]
        if fate == 'late': return w.late.append(('reassert', arguments))
        if fate == 'never': return
        status, epoch, _, refused = w.index('reassert', *arguments)
        if fate == 'lost' or status != 'ok': return
        self.lose(refused)
        self.epoch = epoch

    def start(self, id, attempt):
        h = self.held.get(id)
        if not h or h.ended or (self.world.has_tokens and h.attempt is not None): return
        h.attempt = attempt
        self.attempts.append((id, attempt, h))
        self.world.started(id, attempt, self)

    def ask(self):
        kind, ids = self.asks.pop(0)
        self.answers.append((ids, getattr(self.world, kind)(ids), {i: self.held.get(i) for i in ids}))

    def hear(self):
        ids, answers, holdings = self.answers.pop(0)
        for id in ids:
            if self.world.has_tokens and self.held.get(id) is not holdings[id]: continue
            answer = answers.get(id)
            if answer is None: self.settle(id)
            elif answer[0] == 'run': self.start(id, answer[1])
            else: self.give_back(id, max(1, answer[1]))

    def finish(self):
        rng = self.world.rng
        id, attempt, h = self.attempts.pop(rng.randrange(len(self.attempts)))
        if h.lost: return           # cancelled: the lease was lost
        ending, delay = self.world.outcome(id, rng)
        self.ended(id)
        self.settling.append((id, attempt, ending, delay))

    def commit(self):
        id, attempt, ending, delay = self.settling.pop(0)
        self.verdicts.append((id, self.world.settle(id, attempt, ending, delay), ending, delay))

    def learn(self):
        id, applied, ending, delay = self.verdicts.pop(0)
        if applied and ending in ('retried', 'snoozed'): self.give_back(id, max(1, delay))
        else: self.settle(id)

    def stop_now(self):
        """Cancels what runs and gives it back; leaves when that is acknowledged."""
        self.stopping = True
        for id, _, h in self.attempts:
            self.world.given_back(id, self)
            if not h.lost: self.give_back(id, 0)
        self.attempts = []

    def actions(self):
        yield self.step
        if self.asks: yield self.ask
        if self.answers: yield self.hear
        if self.attempts: yield self.finish
        if self.settling: yield self.commit
        if self.verdicts: yield self.learn
        if self.stopping and not self.held and not self.gone: yield self.leave

    def leave(self):
        self.world.index('leave', self.name)
        self.gone = True


class Keeper:
    """IndexKeeper of the one leader, resumed action by action."""

    def __init__(self, world):
        self.world, self.epoch, self.beat_number, self.work = world, '', 0, None

    def advance(self):
        if self.work is None: self.work = self.round()
        try: next(self.work)
        except StopIteration: self.work = None

    def round(self):
        w, rng = self.world, self.world.rng
        answer = w.index('tend', self.epoch, self.beat_number, LEASE, w.window)
        yield
        if answer[0] == 'ok' and answer[2] == 'open':
            self.epoch, self.beat_number = answer[1], answer[3]
            for at in range(0, len(answer[4]), 3): w.refills.append((*answer[4][at:at + 3], answer[1]))
        else: yield from self.rebuild()
        yield from self.promote()
        if w.beats % 5 == 0 or w.calm: yield from self.sweep()
        w.beats += 1

    def rebuild(self):
        w = self.world
        w.epochs += 1
        epoch = w.epochs
        before = w.index('reset', epoch)
        since = w.index.now
        yield
        if before is None: return
        settings = [x for lane, (interval, burst, limit) in w.settings.items() for x in (lane, interval, burst, limit, 0)]
        if settings: w.index('configure', *settings)
        yield
        lanes = sorted({j.lane for j in w.pending() if not j.delayed})
        yield
        if lanes: w.index('mark', *lanes)
        yield
        if w.pending():
            while w.index.now < since + w.recovery_wait: yield
        w.index('open', epoch)
        self.epoch, self.beat_number = '', 0
        if before:
            for key in w.index.redis.call('KEYS', f'v1:{{q.0}}:{before}:*'): w.index.redis.call('UNLINK', key)

    def promote(self):
        w = self.world
        due = [j for j in w.pending() if j.delayed and j.run_at <= w.index.now - SECOND]
        for job in due: job.delayed = False
        yield
        for job in due:
            w.index('enqueue', '', w.window, w.most_due, job.lane, 1, job.id, job.priority, 0, '')
            yield

    def sweep(self):
        w = self.world
        for lane in sorted({j.lane for j in w.pending() if not j.delayed}):
            rows = w.first(lane, w.window + 1)
            if not any(j.run_at < w.index.now - 2 * SECOND for j in rows[:100]): continue
            yield
            missing = w.index('missing', lane, *[j.id for j in rows]) if rows else None
            if missing is None or missing[1] == 1 or not missing[2]: continue
            yield
            w.refilled(lane, 0, rows, len(rows) == w.window + 1, missing[0])


class World:
    def __init__(self, index, rng, options):
        self.index, self.rng, self.options, self.has_tokens = index, rng, options, options.tokens
        index.begin()
        self.window, self.slots, self.most_due = rng.choice([1, 2, 4, 6]), rng.choice([1, 2, 3, 5]), rng.choice([1, 3, 100])
        self.recovery_wait = int(options.recovery_wait * SECOND)
        self.names = [f'lane{i}' for i in range(rng.choice([1, 1, 2, 3]))]
        self.settings = {}
        for lane in self.names:
            if rng.random() < .3: self.settings[lane] = rng.choice([(0, 1, 1), (0, 1, 2), (SECOND // 2, 1, 0), (SECOND // 2, 3, 1), (SECOND, 2, 0)])
        # Every world has its own pace: a quick keeper, long attempts, a slow ledger, much or little time between two actions.
        self.pace = {'keeper': rng.choice([1, 2, 12]), 'finish': rng.choice([.1, .5, 1.5]), 'tick': rng.choice([.15, .5, 2, 5]),
                     'ask': rng.choice([.3, 1.5]), 'commit': rng.choice([.3, 1.5]), 'refill': rng.choice([.3, 2]), 'late': rng.choice([.03, .1, .5])}
        self.ledger, self.serial, self.epochs, self.beats, self.calm = {}, 0, 0, 0, False
        self.pushes, self.damaged, self.api_epoch, self.late, self.refills, self.reads = [], set(), '', [], [], []
        self.keeper, self.trace = Keeper(self), []
        self.workers = [Worker(self) for _ in range(rng.choice([1, 2, 2, 3]))]
        index.keep()

    # The ledger
    def pending(self): return [j for j in self.ledger.values() if j.state == 'pending']

    def first(self, lane, limit):
        return sorted((j for j in self.pending() if j.lane == lane and not j.delayed), key=lambda j: (j.priority, j.id))[:limit]

    def accept(self):
        self.serial += 1
        rng, now = self.rng, self.index.now
        delay = rng.choice([0, 0, 0, 0, SECOND // 2, 3 * SECOND])
        job = Job(f'j{self.serial:05}', rng.choice(self.names), rng.choice([0, 0, 0, 0, 1, -1]), now + delay, now, [])
        self.ledger[job.id] = job
        self.pushes.append((job, delay, self.known.pop() if getattr(self, 'known', None) else self.api_epoch))

    def confirm(self, ids):
        answers = {}
        for job in (self.ledger[i] for i in ids):
            if job.state == 'pending': answers[job.id] = ('run', job.attempt) if job.run_at <= self.index.now else ('wait', job.run_at - self.index.now)
        return answers

    def reclaim(self, ids):
        for job in (self.ledger[i] for i in ids):
            if job.state == 'pending' and job.run_at <= self.index.now:
                job.reclaims += 1
                job.life += 1
                if job.reclaims < 3: job.attempt += 1
                else: job.state = 'dead'
        return self.confirm(ids)

    def settle(self, id, attempt, ending, delay):
        job = self.ledger[id]
        if job.state != 'pending' or job.attempt != attempt: return False
        if ending in ('retried', 'snoozed'):
            job.delayed, job.run_at, job.life = True, self.index.now + delay, job.life + 1
            if ending == 'retried': job.attempt += 1
        else: job.state = ending
        return True

    def outcome(self, id, rng):
        if self.calm: return 'succeeded', 0
        return rng.choice([('succeeded', 0)] * 4 + [('retried', 1), ('retried', 2 * SECOND), ('snoozed', SECOND), ('dead', 0)])

    def started(self, id, attempt, worker):
        job = self.ledger[id]
        for life, other, _ in job.starts:
            if life == job.life and not other.excused and not worker.excused: raise Violation(f'{id} run twice: {other.name}, then {worker.name} (attempt {attempt})')
        # A settlement that was accepted while a late duplicate starts is a run too many as well.
        if job.state != 'pending' and not worker.excused and not any(o.excused for _, o, _ in job.starts): raise Violation(f'{id} run after it ended, by {worker.name}')
        job.starts.append((job.life, worker, attempt))

    def given_back(self, id, worker):
        self.ledger[id].life += 1

    # The API
    def push(self, fate='ok'):
        batch, self.pushes = self.pushes[:4], self.pushes[4:]
        epoch = batch[0][2] if len({p[2] for p in batch}) == 1 else ''
        arguments = [epoch, self.window, self.most_due]
        for lane in {p[0].lane for p in batch}:
            mine = [p for p in batch if p[0].lane == lane]
            arguments += [lane, len(mine)]
            for job, delay, _ in mine: arguments += [job.id, job.priority, delay, '' if delay else 'e']
        answer = ['lost', '']
        if fate == 'late': self.late.append(('enqueue', arguments))
        elif fate != 'never':
            answer = self.index('enqueue', *arguments)
            if fate == 'lost': answer = ['lost', '']
        self.api_epoch = answer[1] if answer[0] == 'ok' else ''
        if answer[0] == 'lost': self.damaged |= {p[0].lane for p in batch}

    def mend(self):
        if self.index('mark', *self.damaged) is not None:
            self.damaged = set()
            answer = self.index('enqueue', '', self.window, self.most_due)
            self.api_epoch = answer[1] if answer[0] == 'ok' else ''

    # The refiller
    def read(self):
        lane, dropped, indexed, epoch = self.refills.pop(self.rng.randrange(len(self.refills)))
        limit = self.window + indexed + 1
        rows = self.first(lane, limit)
        self.reads.append((lane, dropped, rows, len(rows) == limit, epoch))

    def refill(self): self.refilled(*self.reads.pop(self.rng.randrange(len(self.reads))))

    def refilled(self, lane, dropped, rows, more, epoch):
        self.index('refilled', epoch, self.window, lane, dropped, '1' if more else '0', *[x for j in rows for x in (j.id, j.priority)])

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
        if self.serial < self.options.jobs: add(3, 'accept', self.accept)
        if self.pushes: add(3, 'push', self.push)
        if self.damaged: add(1, 'mend', self.mend)
        if self.refills: add(self.pace['refill'], 'read', self.read)
        if self.reads: add(self.pace['refill'], 'refill', self.refill)
        add(self.pace['keeper'], 'keeper', self.keeper.advance)
        for w in self.live():
            for action in w.actions():
                # With nothing to report a worker rests, at most for a beat: `tick` sees to that.
                is_idle = action == w.step and not w.settled and not w.returned and w.next == 'step' and rng.random() < .8
                if not is_idle: add(self.pace.get(action.__name__, 1.5), f'{w.name}.{action.__name__}', action)
        f = self.options.faults
        if 'flush' in f: add(.15, 'FLUSH', self.index.flush)
        if 'restart' in f: add(.05, 'RESTART', self.restart)
        if 'snapshot' in f:
            add(.1, 'keep', self.index.keep)
            add(.04, 'SNAPSHOT', self.index.restore)
        if 'api' in f: add(.08, 'API CRASH', self.api_crash)
        for w in self.live():
            if 'crash' in f: add(.05, f'{w.name} CRASH', lambda w=w: self.crash(w))
            if 'pause' in f: add(.04, f'{w.name} PAUSE', lambda w=w: self.pause(w))
            if 'leave' in f and not w.stopping: add(.04, f'{w.name} STOP', lambda w=w: self.stop(w))
            for fate in ('lost', 'never') if 'lost' in f else (): add(.08, f'{w.name}.step {fate}', lambda w=w, fate=fate: w.step(fate))
            if 'late' in f: add(.08, f'{w.name}.step late', lambda w=w: w.step('late'))
        if self.pushes and 'lost' in f: add(.1, 'push lost', lambda: self.push('lost')); add(.1, 'push never', lambda: self.push('never'))
        if self.pushes and 'late' in f: add(.4, 'push late', lambda: self.push('late'))
        if self.late: add(self.pace['late'], 'late arrives', self.arrive)
        for w in self.workers:
            if w.paused: add(.4, f'{w.name} resumes', lambda w=w: setattr(w, 'paused', False))
        return rng.choices([(n, a) for _, n, a in say], [x for x, _, _ in say])[0]

    def restart(self): self.index.run += 1

    def api_crash(self): self.pushes, self.damaged, self.api_epoch = [], set(), ''

    def crash(self, w):
        w.gone = w.excused = True
        self.workers.append(Worker(self))

    def pause(self, w): w.paused = w.excused = True

    def stop(self, w):
        w.stop_now()
        self.workers.append(Worker(self))

    def arrive(self):
        script, arguments = self.late.pop(self.rng.randrange(len(self.late)))
        self.index(script, *arguments)

    def do(self, name, action):
        self.trace.append(f'{(self.index.now / SECOND) % 1000:8.3f} {name}')
        action()
        bad = self.index('inspect', self.window, sum(self.slots * 2 for _ in self.workers), *self.names)
        if bad: raise Violation('; '.join(bad))

    def settle_down(self):
        """Faults are over; everyone does what they do, in turn."""
        self.calm = True
        for w in self.workers: w.paused = False
        while self.late: self.do('late arrives', self.arrive)
        started = busy = self.index.now
        while self.index.now < started + (60 + 4 * self.options.jobs) * SECOND:
            while self.pushes: self.do('push', self.push)
            if self.damaged: self.do('mend', self.mend)
            for w in self.live():
                for action in list(w.actions()): self.do(f'{w.name}.{action.__name__}', action)
            while self.refills: self.do('read', self.read)
            while self.reads: self.do('refill', self.refill)
            for _ in range(3): self.do('keeper', self.keeper.advance)
            self.do('tick', lambda: self.index.tick(300_000))
            if self.pending(): busy = self.index.now
            if self.index.now > busy + 12 * SECOND: break    # leases of the dead and tokens of lost refills have run out
        stuck = [f'{j.id} (attempt {j.attempt}, {j.lane}, delayed {j.delayed})' for j in self.pending()]
        if stuck: raise Violation('stuck: ' + ', '.join(stuck) + f'; {self.leftovers()}')
        for job in self.ledger.values():
            if job.state == 'succeeded' and not job.starts: raise Violation(f'{job.id} ended and never ran')
        left = self.leftovers()
        if left: raise Violation('left over: ' + left)

    def leftovers(self):
        call, epoch = self.index.redis.call, self.index.redis.call('HGET', INDEX, 'epoch')
        found = []
        for key in sorted(call('KEYS', '*')):
            name = key.split(':', 3)[-1] if key.startswith(f'v1:{{q.0}}:{epoch}:') else key
            if key.startswith('fuzz') or key == INDEX or name in ('leases', 'idle', 'sessions'): continue
            if name.startswith('state:'):
                state = call('HGETALL', key)
                state = dict(zip(state[::2], state[1::2]))
                if state.get('running', '0') == '0' and 'over' not in state and (name[6:] in self.settings or self.options.allow_states): continue
                found.append(f'{name} {state}')
            else: found.append(f'{name} {self.index.dump(key)[1]}')
        return '; '.join(found)

    def go(self):
        for _ in range(self.options.steps): self.do(*self.choose())
        self.settle_down()


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--socket', required=True)
    parser.add_argument('--scripts', required=True)
    parser.add_argument('--runs', type=int, default=200)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--jobs', type=int, default=12)
    parser.add_argument('--steps', type=int, default=300)
    parser.add_argument('--faults', type=lambda text: set(filter(None, text.split(','))), default=set(FAULTS) - {'snapshot'},
                        help='of ' + ', '.join(FAULTS) + '; snapshot: restored under the same run_id, which only the beat notices, after up to a second')
    parser.add_argument('--recovery-wait', type=float, default=2.5, help='seconds between reset and open')
    parser.add_argument('--allow-states', action='store_true', help='let emptied lanes keep their state hash')
    parser.add_argument('--tokens', action='store_true', help='model holdings that tell two claims of one job apart')
    parser.add_argument('--stop', action='store_true', help='at the first violation, with its trace')
    options = parser.parse_args()
    index, found, began = Index(Redis(options.socket), options.scripts), {}, time.time()
    for seed in range(options.seed, options.seed + options.runs):
        Worker.count = 0
        world = World(index, random.Random(seed), options)
        try: world.go()
        except Violation as violation:
            kind = ''.join('#' if c.isdigit() else c for c in str(violation))[:28]
            found.setdefault(kind, []).append((len(world.trace), seed, str(violation)))
            if options.stop:
                print('\n'.join(world.trace))
                print(f'seed {seed}: window {world.window}, slots {world.slots}, settings {world.settings}\n{violation}')
                sys.exit(1)
        except RuntimeError as error:
            found.setdefault('script error', []).append((0, seed, str(error)))
    print(f'{options.runs} runs in {time.time() - began:.0f} s, faults {",".join(sorted(options.faults)) or "none"}: {sum(map(len, found.values()))} violations')
    for kind, cases in sorted(found.items(), key=lambda item: -len(item[1])):
        _, seed, text = min(cases)
        print(f'{len(cases):5}  seed {seed}: {text[:300]}')
    sys.exit(bool(found))

if __name__ == "__main__": main()
