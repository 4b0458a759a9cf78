"""The ledger for index_fuzz.py: what its statements do, each of them at once, and the laws that are checked against it."""
from fuzz_index import SECOND, Violation


class Job:
    def __init__(self, id, lane, key, priority, run_at, delayed):
        self.id, self.lane, self.key, self.priority, self.run_at, self.delayed = id, lane, key, priority, run_at, delayed
        self.state, self.attempt, self.reclaims, self.failures, self.is_marked = 'pending', 1, 0, 0, False
        self.since = None   # the moment from which it waits among those that may run
        self.life = 0       # grows whenever the ledger itself says that the job is to run again
        self.starts = []    # (life, worker, attempt)
        self.claims = 0     # since it last started
        self.waits = 0      # claims before its time, since it was settled and the index last rebuilt

    @property
    def rank(self): return f"{self.priority}{'r' if self.failures else ''}"

    @property
    def order(self): return self.priority, self.id


def more(rows, limit):
    """What the ledger may have more of than was read: argument 5 of refilled."""
    retries = sum(1 for j in rows if j.failures)
    return ('f' if len(rows) - retries >= limit else '') + ('r' if retries >= limit else '')


class Ledger:
    def __init__(self, index, running):
        self.index, self.running = index, running   # running(job): workers and claims of its attempts
        self.jobs, self.moment = {}, 0
        # Settings as operators have left them; None where a lane has the queue's. Parked and paused: 0, -1 or the time of its end.
        self.lanes, self.queue, self.changed = {}, dict(interval=0, burst=1, limit=0, strict=0, fleet=0, paused=0), {}

    def __getitem__(self, id): return self.jobs[id]
    @property
    def now(self): return self.index.now
    def pending(self): return [j for j in self.jobs.values() if j.state == 'pending']
    def waiting(self, lane): return sorted((j for j in self.pending() if j.lane == lane and not j.delayed), key=lambda j: j.order)

    def is_waiting(self, job):
        if not job.delayed and job.since is None: job.since = self.moment
        if job.delayed: job.since = None

    def accept(self, job):
        self.jobs[job.id] = job
        self.is_waiting(job)

    # WaitingJobs
    def first(self, lane, limit):
        rows = self.waiting(lane)
        return [j for j in rows if not j.failures][:limit] + [j for j in rows if j.failures][:limit]

    def lanes_waiting(self): return sorted({j.lane for j in self.pending() if not j.delayed})

    def promote(self):
        due = [j for j in self.pending() if j.delayed and j.run_at <= self.now - SECOND]
        for job in due:
            job.delayed = False
            self.is_waiting(job)
        return due

    # JobConfirmation
    def confirm(self, ids, strict):
        answers = {}
        for job in (self.jobs[i] for i in ids):
            if job.state == 'pending' and job.is_marked: job.state = 'cancelled'
            if job.state != 'pending': continue
            first = None
            if job.id in strict: first = next(iter(self.waiting(job.lane)), None)
            elif job.key: first = next((j for j in self.waiting(job.lane) if j.key == job.key), None)
            if first and first is not job: answers[job.id] = ('behind', first, job.attempt)
            elif job.run_at > self.now: answers[job.id] = ('wait', job.run_at - self.now)
            else: answers[job.id] = ('run', job.attempt)
        return answers

    def reclaim(self, attempts):
        answers = {}
        for id, attempt in attempts.items():
            job = self.jobs[id]
            if job.state == 'pending' and job.attempt == attempt and job.run_at <= self.now and not job.is_marked:
                job.reclaims += 1
                job.life += 1
                if job.reclaims < 3: job.attempt += 1
                else: job.state = 'dead'
            if job.state == 'pending' and (job.attempt > attempt or job.run_at > self.now):
                answers[id] = ('run', job.attempt) if job.run_at <= self.now else ('wait', job.run_at - self.now)
        return answers

    # SettlementWriter
    def settle(self, id, attempt, ending, delay, keeps_place):
        job = self.jobs[id]
        if job.state != 'pending' or job.attempt != attempt: return 'refused'
        if ending in ('retried', 'snoozed', 'dead') and job.is_marked: ending = 'cancelled'
        if ending in ('retried', 'snoozed'):
            job.waits = 0
            job.delayed, job.run_at, job.life = not keeps_place and not job.key, self.now + delay, job.life + 1
            if ending == 'retried': job.attempt += 1; job.failures += 1
            self.is_waiting(job)
        else: job.state = ending
        return ending

    def waited(self, id, answer):
        if answer is None or answer[0] != 'wait': return
        self.jobs[id].waits += 1
        if self.jobs[id].waits > 5: raise Violation(f'{id} is claimed before its time again and again')

    # JobCancellation
    def end_marked(self, id, attempt):
        job = self.jobs[id]
        if job.state != 'pending' or job.attempt != attempt or not job.is_marked: return
        if self.running(job): raise Violation(f'{id} ended as cancelled while {self.running(job)[0][0].name} ran it')
        job.state = 'cancelled'

    # What must hold when an attempt starts
    def started(self, job, attempt, worker, claim):
        job.claims = 0
        for life, other, _ in job.starts:
            if life == job.life and not other.excused and not worker.excused:
                raise Violation(f'{job.id} run twice: {other.name}, then {worker.name} (attempt {attempt})')
        # A settlement that was accepted while a late duplicate starts is a run too many as well.
        if job.state != 'pending' and not worker.excused and not any(o.excused for _, o, _ in job.starts):
            raise Violation(f'{job.id} run after it ended, by {worker.name}')
        job.starts.append((job.life, worker, attempt))
        if worker.excused or not (claim.strict or job.key): return
        kin = [j for j in self.jobs.values() if j is not job and j.lane == job.lane and (claim.strict or j.key == job.key)]
        name = f'{job.lane}' if claim.strict else f'{job.lane}/{job.key}'
        for other in kin:
            # Claims of before the lane became strict, or of after it was, are none of its.
            if any(job.key and job.key == other.key or c.strict for _, c in self.running(other)): raise Violation(f'{name}: {job.id} and {other.id} run side by side')
            if other.state == 'pending' and not other.delayed and other.since < claim.asked and other.order < job.order:
                raise Violation(f'{name}: {job.id} starts before {other.id}')
