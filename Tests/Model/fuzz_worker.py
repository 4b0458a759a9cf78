"""QueueRunner with Holdings, and IndexKeeper of the one leader, action by action, for index_fuzz.py."""
from fuzz_index import SECOND, Violation
from fuzz_ledger import more

LEASE, BEAT = 8 * SECOND, 2 * SECOND
BEHIND, UNSETTLED = SECOND // 10, 30 * SECOND


class Claim:
    """One claim of a job; what comes of a claim that was lost meanwhile finds that it is not the current one."""
    def __init__(self, rank, lane, strict):
        self.rank, self.lane, self.strict, self.key = rank, lane, strict, ''
        self.ended, self.started, self.lost, self.reason, self.asked = False, False, False, None, None


class Worker:
    """`held` is what it believes to hold; attempts run beside it and outlive what it believes."""

    def __init__(self, world, name):
        self.world, self.name = world, name
        self.held, self.settled, self.returned, self.active = {}, [], [], 0
        self.session, self.epoch, self.beat, self.next, self.stepped_at = 0, '', 0, 'step', world.index.now
        self.excused, self.paused, self.stopping, self.gone = False, False, False, False
        self.tasks = []                                     # confirmations and reclaims on their way
        self.attempts, self.settling, self.verdicts = [], [], []

    # Holdings
    def is_current(self, id, claim): return self.held.get(id) is claim

    def ended(self, id, claim):
        if self.is_current(id, claim) and not claim.ended: claim.ended = True; self.active -= 1

    def settle(self, id, claim):
        if self.is_current(id, claim): self.ended(id, claim); self.settled.append(id)

    def give_back(self, id, claim, delay, retry=''):
        if self.is_current(id, claim): self.ended(id, claim); self.returned.append((id, delay, retry))

    def lose(self, ids):
        for id in ids:
            claim = self.held.pop(id, None)
            if not claim: continue
            claim.lost = True
            if not claim.ended: self.active -= 1
        self.settled = [i for i in self.settled if i not in ids]
        self.returned = [r for r in self.returned if r[0] not in ids]

    def claimed(self, id, rank, lane, strict):
        if id in self.held: self.lose([id])
        self.active += 1
        self.held[id] = Claim(rank, lane, strict)
        self.world.ledger[id].claims += 1
        if self.world.calm and self.world.ledger[id].claims > 300: raise Violation(f'{id} is claimed again and again')
        return self.held[id]

    # QueueRunner
    def step(self, fate='ok'):
        w = self.world
        self.stepped_at = w.index.now
        if self.next == 'reassert': return self.reassert(fate)
        settled, returned = self.settled, self.returned
        self.settled, self.returned = [], []
        want = 0 if self.stopping else max(0, min(w.slots - self.active, 2 * w.slots - len(self.held)))
        arguments = [self.name, self.epoch, self.session, LEASE, want, w.window, w.most_due, len(settled), *settled, len(returned)]
        for one in returned: arguments += one
        arguments.append(self.beat)
        answer = w.send('step', arguments, fate)
        if answer is None or answer[0] != 'ok':
            self.settled, self.returned = settled + self.settled, returned + self.returned
            if answer is None: self.epoch = ''
            elif answer[0] in ('stranger', 'recovering'): self.next = 'reassert'
            return
        for id in settled + [r[0] for r in returned]: self.held.pop(id, None)
        _, _, _, lanes, refill, cancels, self.beat = answer
        first, second, reclaimed = [], [], []
        for at in range(0, len(lanes), 3):
            lane, strict, entries = lanes[at:at + 3]
            for k in range(0, len(entries), 2):
                id, entry = entries[k], entries[k + 1]
                if entry == 'e' and strict: raise Violation(f'{id} is first-hand in a lane of strict order')
                claim = self.claimed(id, w.ledger[id].priority if entry == 'e' else entry.removeprefix('r'), lane, strict == 1)
                (first if entry == 'e' else reclaimed if entry[0] == 'r' else second).append((id, claim))
        if len(first) + len(second) + len(reclaimed) > want: raise Violation(f'{self.name} wanted {want} and got more')
        for id, claim in first: self.start(id, claim, 1)
        if second: self.tasks.append(self.confirm(second, False))
        if reclaimed: self.tasks.append(self.confirm(reclaimed, True))
        for id in cancels:
            claim = self.held.get(id)
            if claim and not claim.ended and not claim.reason: claim.reason = 'operator'
        w.order_refills(refill, self.epoch)

    def reassert(self, fate):
        w = self.world
        self.next, self.beat = 'step', 0
        self.session += 1
        arguments = [self.name, self.session, LEASE, w.window]
        for id, c in self.held.items(): arguments += [id, c.rank, c.lane, c.key]
        answer = w.send('reassert', arguments, fate)
        if answer is None or answer[0] != 'ok': return
        self.lose(answer[3])
        self.epoch = answer[1]
        for id, c in self.held.items():
            known = w.index.redis.call('HGET', f'v2:{{q.0}}:{answer[1]}:keyof', id) if c.key else ''
            if known != c.key: raise Violation(f'{id} is asserted, and its key is not known')

    def start(self, id, claim, attempt):
        if not self.is_current(id, claim) or claim.ended or claim.started: return
        job = self.world.ledger[id]
        claim.rank, claim.key, claim.started = job.rank, job.key, True
        if claim.asked is None: claim.asked = self.world.ledger.moment
        self.world.ledger.started(job, attempt, self, claim)
        self.attempts.append((id, claim, attempt))

    def confirm(self, claims, is_reclaim):
        """Asks the ledger, brings forward what has to come first, moves lost attempts on, starts what may run; others act in between."""
        w = self.world
        answers = w.ledger.confirm([id for id, _ in claims], {id for id, c in claims if c.strict})
        for _, claim in claims: claim.asked = w.ledger.moment
        yield
        firsts = {a[1].id: a[1] for a in answers.values() if a[0] == 'behind'}
        if firsts:
            w.bring_forward(firsts.values())
            yield
        if is_reclaim:
            known = {id: a[-1] for id, a in answers.items() if a[0] in ('run', 'behind')}
            after = w.ledger.reclaim(known)
            for id in known:
                if answers[id][0] != 'behind' or after.get(id, 'over')[0] != 'run': answers[id] = after.get(id)
            yield
        for id, claim in claims:
            answer = answers.get(id)
            w.ledger.waited(id, answer)
            if answer is None: self.settle(id, claim)
            elif answer[0] == 'run': self.start(id, claim, answer[1])
            elif answer[0] == 'wait': self.give_back(id, claim, max(1, answer[1]))
            else: self.give_back(id, claim, BEHIND)

    def ask(self):
        at = self.world.rng.randrange(len(self.tasks))
        try: next(self.tasks[at])
        except StopIteration: self.tasks.pop(at)

    def finish(self):
        w = self.world
        id, claim, attempt = self.attempts.pop(w.rng.randrange(len(self.attempts)))
        if claim.lost: return           # another worker has it: nothing is settled here
        ending, delay = w.outcome()
        if claim.reason and ending != 'succeeded':
            if claim.reason == 'shutdown':
                w.ledger[id].life += 1
                return self.give_back(id, claim, 0)
            ending, delay = 'cancelled', 0
        self.ended(id, claim)
        self.settling.append((id, claim, attempt, ending, delay))

    def commit(self, fails=False):
        id, claim, attempt, ending, delay = self.settling.pop(0)
        if fails:
            self.world.ledger[id].life += 1
            return self.give_back(id, claim, UNSETTLED)
        self.verdicts.append((id, claim, self.world.ledger.settle(id, attempt, ending, delay, claim.strict), ending, delay))

    def learn(self):
        id, claim, verdict, ending, delay = self.verdicts.pop(0)
        if verdict == ending and ending in ('retried', 'snoozed'): self.give_back(id, claim, max(1, delay), 'r' if ending == 'retried' else '')
        else: self.settle(id, claim)

    def stop(self):
        """The end of the drain: what runs is cancelled and given back unless it succeeds; leaves when all is acknowledged."""
        self.stopping = True
        for _, claim, _ in self.attempts: claim.reason = claim.reason or 'shutdown'

    def actions(self):
        yield self.step
        if self.tasks: yield self.ask
        if self.attempts: yield self.finish
        if self.settling: yield self.commit
        if self.verdicts: yield self.learn
        if self.stopping and not self.held and not self.tasks and not self.gone: yield self.leave

    def leave(self):
        self.world.index('leave', self.name)
        self.gone = True


class Keeper:
    def __init__(self, world):
        self.world, self.epoch, self.beat_number, self.work, self.beats, self.epochs = world, '', 0, None, 0, 0

    def advance(self):
        if self.work is None: self.work = self.round()
        try: next(self.work)
        except StopIteration: self.work = None

    def round(self):
        w = self.world
        answer = w.index('tend', self.epoch, self.beat_number, LEASE, w.window)
        yield
        if answer[0] == 'ok' and answer[2] == 'open':
            self.epoch, self.beat_number = answer[1], answer[3]
            w.order_refills(answer[4], answer[1])
        else: yield from self.rebuild()
        yield from self.apply_settings()
        yield from self.promote()
        for job in [j for j in w.ledger.pending() if j.is_marked]: yield from w.end(job)
        if self.beats % 5 == 0 or w.calm: yield from self.sweep()
        self.beats += 1

    def rebuild(self):
        w = self.world
        self.epochs += 1
        epoch = self.epochs
        before = w.index('reset', epoch)
        since = w.index.now
        yield
        if before is None: return
        w.tell_queue()
        yield
        for lane in w.ledger.lanes: w.tell_lane(lane)
        yield
        lanes = w.ledger.lanes_waiting()
        yield
        if lanes: w.index('mark', *lanes)
        yield
        if w.ledger.pending():
            while w.index.now < since + w.recovery_wait: yield
        w.index('open', epoch)
        self.epoch, self.beat_number = '', 0
        for key in w.index.redis.call('KEYS', 'v2:{q.0}:*'):
            number = key.split(':')[2]
            if number.isdigit() and int(number) < epoch: w.index.redis.call('UNLINK', key)

    def apply_settings(self):
        w = self.world
        for name, at in list(w.ledger.changed.items()):
            if at < w.index.now - 15 * SECOND: continue
            tell = w.queue_words() if name is None else w.lane_words(name)
            yield
            w.index('tune' if name is None else 'configure', *tell)
            yield

    def promote(self):
        w = self.world
        due = w.ledger.promote()
        yield
        for job in due:
            w.index('enqueue', '', w.window, w.most_due, job.lane, 1, job.id, job.rank, 0, job.key, '')
            yield

    def sweep(self):
        w = self.world
        for lane in w.ledger.lanes_waiting():
            if not any(j.run_at < w.index.now - 2 * SECOND for j in w.ledger.first(lane, 2000)): continue
            mark = w.index('missing', lane)
            if mark is None or mark[1] == 1: continue
            yield
            rows = w.ledger.first(lane, w.window + 1)
            yield
            missing = w.index('missing', lane, *[j.id for j in rows])
            if missing is None or missing[1] == 1 or not missing[2]: continue
            on_its_way = {p[0].id for p in w.pushes}
            forgotten = [i for i in missing[2] if w.ledger[i].state == 'pending' and not w.ledger[i].delayed and not w.ledger[i].is_marked and i not in on_its_way]
            # A full due set drops a retry that the leader may have moved already.
            if forgotten and not w.options.faults and w.most_due > 10: raise Violation(f'forgotten, and found by the sweep: {", ".join(forgotten)}')
            yield
            w.refilled(lane, mark[3], rows, more(rows, w.window + 1), missing[0])
