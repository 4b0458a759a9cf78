/* What must hold. A line with an assertion names its law in a comment: protocol.py quotes it. */
byte ran;           /* jobs whose present life was begun: a retry, a snooze, a reclaim, a release give another one */
byte excused;       /* jobs that a worker had when it died, lost its lease or was not heard: these may run beside themselves */
byte overtaken;     /* workers whose job was reclaimed and moved on; overtakenFlight: the same of a settlement under way */
byte overtakenFlight;
byte reclaimedFrom;  /* workers whose jobs were reclaimed and who have not been back */
byte begun;         /* jobs of which an attempt was begun */
byte knownEpoch = 1;    /* that the leader's last beat found; its number is known with it */
byte hasBeaten;     /* since the copy of the index was made: the number in the copy is lower */
byte isOld;         /* a copy was put back and no beat has come since */
byte opened;        /* epochs that were opened */

#define ENDED (countedAccepted == JOBS && pending == 0)
#define BOOKS (countedAccepted == SIZE(pending) + countedSucceeded + countedDead + countedCancelled && \
  countedSucceeded == SIZE(succeeded) && countedDead == SIZE(dead) && countedCancelled == SIZE(cancelled))
#define RUNS_IN(v, l) (wstage[v] == RUNNING && LANE(wjob[v] - 1) == (l) && !(excused & B(wjob[v] - 1)) -> 1 : 0)

inline lawsOfStart(w, j) {
  assert(!(cancelled & B(j)) || (excused & B(j)));                            /* law: a cancelled job is not run after its cancellation */
  assert((pending & B(j)) || (excused & B(j)));                               /* law: a job that has ended is not run */
  assert(!(ran & B(j)) || (excused & B(j)));                                  /* law: no job is run twice unless its worker was lost */
#if LIMIT && WORKERS > 1
  assert(LANE(j) != 0 || (excused & B(j)) || RUNS_IN(1 - w, 0) < LIMIT);    /* law: a lane's limit holds */
#endif
#ifdef STRICT
  assert(!(begun & pending & OF(LANE(j)) & ~excused & (B(j) - 1)) || (excused & B(j)));   /* law: a retry keeps its place in a strict lane */
  assert(!(pending & OF(LANE(j)) & ~excused & (B(j) - 1)) || (excused & B(j)));           /* law: a strict lane runs in order */
#endif
}

/* Nothing can happen any more. */
active proctype Quiet() {
#ifdef LIVENESS
  false;
#else
  timeout;
#endif
  d_step {
    assert(ENDED);                                                            /* law: every accepted job ends */
    assert(BOOKS);                                                            /* law: the books balance */
    assert(ix.phase == OPEN && ix.over == 0 && ix.waiting == 0 && ix.refill == 0);        /* law: nothing is left over in the index */
    k_ = 0;
    do
    :: k_ < JOBS -> assert(ix.holder[k_] == NOBODY); k_++                     /* law: nobody holds what has ended */
    :: else -> break
    od;
    k_ = 0;
    do
    :: k_ < LANES -> assert(ix.running[k_] == 0); k_++                        /* law: a lane's count is the number of its held jobs */
    :: else -> break
    od
  }
}

#ifdef LIVENESS
ltl everyJobEnds { <> ENDED }
#endif
