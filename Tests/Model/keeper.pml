/* The refillers, the leading scheduler (IndexKeeper, Leadership), its sweep, and what anybody's step does by the way. */
byte refillDeaths = REFILL_DEATHS, leaderDeaths = LEADER_DEATHS, leaderLapses = LEADER_LAPSES;
byte lastLeader;

/* A step or a beat hands out a lane that wants a refill; its rows are read, then given to the index. */
proctype Refiller() {
  byte l, d, indexed, epoch, rows; bit more, ordered, isRead;
end:
  do
  :: atomic {
      !ordered && ix.phase == OPEN && ix.refill -> PICK(l, ix.refill);
      d_step {
        d = ix.dropped[l]; indexed = ix.running[l] + COUNT(l); epoch = ix.epoch; ordered = 1;
        printf("- a refill of lane %d is ordered, dropped %d\n", l, d)
      }
    }
  :: d_step {
      ordered && !isRead ->
        most_ = WINDOW + indexed + 1; readLane(l, most_, rows, more); isRead = 1;
        printf("- its refiller reads jobs %d\n", rows)
    }
  :: d_step {
      isRead ->
        refilled(l, epoch, d, rows, more);
        printf("- lane %d is refilled with jobs %d: over %d, cursor %d\n", l, rows, (ix.over & B(l)) != 0, ix.cursor[l]);
        l = 0; d = 0; indexed = 0; epoch = 0; rows = 0; more = 0; ordered = 0; isRead = 0
    }
  :: d_step {
      refillDeaths > 0 && ordered ->
        refillDeaths--; l = 0; d = 0; indexed = 0; epoch = 0; rows = 0; more = 0; ordered = 0; isRead = 0;
        printf("- THE REFILLER DIES\n")
    }
  od
}

#define LANES_OF(set) (((set) & OF(0) -> 1 : 0) | (LANES > 1 && ((set) & ~OF(0)) -> 2 : 0))
#define TO_SWEEP LANES_OF(WAITING & ~(ix.waiting | ix.due | HELD))

/* Jobs that are due in the ledger and unknown to the index, in lanes that do not overflow. Its age of two seconds is not trusted here. */
proctype Sweep() {
  byte l, d, epoch, rows, stage; bit more;
end:
  do
#ifndef NO_SWEEP
  :: atomic {
      stage == 0 && ix.phase == OPEN && (TO_SWEEP & ~ix.over) -> PICK(l, TO_SWEEP & ~ix.over);
      d_step { d = ix.dropped[l]; stage = 1; printf("- the sweep looks at lane %d\n", l) }
    }
#ifdef SWEEP_IN_STEPS
  :: d_step { stage == 1 -> readLane(l, WINDOW + 1, rows, more); stage = 2; printf("- the sweep reads jobs %d\n", rows) }
  :: d_step {
      stage == 2 ->
#else
  :: d_step {
      stage == 1 -> readLane(l, WINDOW + 1, rows, more); printf("- the sweep reads jobs %d\n", rows);
#endif
        if
        :: ix.phase == LOST || (ix.over & B(l)) || (rows & ~(ix.waiting | ix.due | HELD)) == 0 ->
          l = 0; d = 0; rows = 0; more = 0; stage = 0; printf("- the sweep lets it be\n")
        :: else -> epoch = ix.epoch; stage = 3
        fi
    }
  :: d_step {
      stage == 3 ->
        refilled(l, epoch, d, rows, more);
        printf("- the sweep refills lane %d with jobs %d: over %d\n", l, rows, (ix.over & B(l)) != 0);
        l = 0; d = 0; epoch = 0; rows = 0; more = 0; stage = 0
    }
#else
  :: false
#endif
  od
}

#define IS_DEADS(j) (ix.holder[j] == DEAD_WORKER)
#if JOBS == 1
#define HAS_DEAD IS_DEADS(0)
#elif JOBS == 2
#define HAS_DEAD (IS_DEADS(0) || IS_DEADS(1))
#elif JOBS == 3
#define HAS_DEAD (IS_DEADS(0) || IS_DEADS(1) || IS_DEADS(2))
#else
#define HAS_DEAD (IS_DEADS(0) || IS_DEADS(1) || IS_DEADS(2) || IS_DEADS(3))
#endif

/* Promotes what is due, reclaims from workers whose lease is over: every step and every beat. And time passes. */
proctype Upkeep() {
  byte j;
end:
  do
  :: atomic { early -> PICK(j, early); d_step { early = early & ~B(j); printf("- the time of job %d has come\n", j); j = 0 } }
  :: atomic {
      ix.phase == OPEN && (ix.due & ~early) -> PICK(j, ix.due & ~early);
      d_step { promote(j); printf("- job %d is promoted\n", j); j = 0 }
    }
#ifdef STRICT
  :: d_step { ix.held & ~LANES_OF(early) -> ix.held = ix.held & LANES_OF(early); printf("- no lane waits for its head any more but %d\n", ix.held) }
#endif
  :: d_step { ix.phase == OPEN && (ix.expired || HAS_DEAD) -> reclaim(); printf("- jobs of lost workers are reclaimed: %d wait, marked\n", ix.lostLease) }
  od
}

/* A live worker that has a job has said so under this epoch. */
#define IS_HEARD(w) (wjob[w] == 0 || (unheard & B(w)) || (wepoch[w] == ix.epoch && (ix.leases & B(w))))
#define LEADS (leader == k + 1)

proctype Scheduler(byte k) {
  byte stage, epoch, lanes, settings, job, kterm = 1; bit configured, isNewest;
end:
  do
#if SCHEDULERS > 1
  :: d_step {
      leader == 0 && stage == 0 ->
        term = (lastLeader == k + 1 -> term : term + 1);
        leader = k + 1; lastLeader = k + 1; kterm = term;
        printf("- scheduler %d leads, term %d\n", k, term)
    }
#endif
  /* beat: is the index lost, or a rebuild not finished? */
  :: d_step { stage == 0 && LEADS && (ix.phase != OPEN || WENT_BACK) -> stage = 1; printf("- scheduler %d finds the index lost\n", k) }
#if SNAPSHOTS
  :: d_step {
      stage == 0 && LEADS && ix.phase == OPEN && !WENT_BACK && (knownEpoch != ix.epoch || !hasBeaten || isOld) ->
        knownEpoch = ix.epoch; hasBeaten = 1; isOld = 0; printf("- scheduler %d beats, epoch %d\n", k, knownEpoch)
    }
#endif
  :: d_step {
      stage == 1 ->
        if
        :: HAS_TERM ->
          assert(LEADS && kterm == term);                                     /* law: only the leader of the current term is given an epoch */
#ifdef EPOCH_FROM_INDEX
          epoch = ix.epoch + 1;
#else
          ledgerEpoch++; epoch = ledgerEpoch;
#endif
          stage = 2; printf("- scheduler %d is given epoch %d\n", k, epoch)
        :: else -> stage = 0; printf("- scheduler %d is refused an epoch\n", k)
        fi
    }
  :: d_step {
      stage == 2 ->
        if
        :: ix.phase != LOST && ix.epoch >= epoch -> stage = 0; epoch = 0; printf("- scheduler %d: its reset is refused\n", k)
        :: else ->
          lose(); ix.phase = RECOVERING; ix.epoch = epoch; isOld = 0; stage = 3;
          printf("- scheduler %d resets the index to epoch %d\n", k, epoch)
        fi
    }
#if LIMIT || PARKS
  :: d_step { stage == 3 && !configured -> settings = lanesParked + 4; configured = 1; printf("- scheduler %d reads the lanes' settings: parked %d\n", k, lanesParked) }
  :: d_step {
      stage == 3 && configured && settings ->
        if
#ifndef SETTINGS_FORGOTTEN
        :: ix.phase != LOST -> ix.parked = settings - 4; ix.limited = (LIMIT -> 1 : 0)
#endif
        :: else
        fi;
        settings = 0; printf("- scheduler %d gives the index the settings\n", k)
    }
  :: d_step {
      stage == 3 && configured && settings == 0 ->
#else
  :: d_step {
      stage == 3 ->
#endif
        configured = 0;
        lanes = LANES_OF(WAITING);
        stage = 4; printf("- scheduler %d reads which lanes wait: %d\n", k, lanes)
    }
  :: d_step {
      stage == 4 ->
        if
        :: ix.phase != LOST -> mark(lanes)
        :: else
        fi;
        lanes = 0; stage = WAIT; printf("- scheduler %d has marked them\n", k)
    }
#ifdef OPEN_ASKS_LEDGER
  :: d_step { stage == 7 && (ix.phase == LOST || ix.epoch != epoch || ALL_HEARD) -> isNewest = (HAS_TERM && ledgerEpoch == epoch); stage = 5; printf("- scheduler %d asks whether its epoch is the newest: %d\n", k, isNewest) }
#endif
  :: d_step {
      stage == 5 && (ix.phase == LOST || ix.epoch != epoch || ALL_HEARD) ->
        if
#ifdef OPEN_ANY
        :: ix.phase == RECOVERING ->
#else
        :: ix.phase == RECOVERING && ix.epoch == epoch && IS_NEWEST ->
#endif
          assert(!(opened & B(ix.epoch)));                                    /* law: an epoch is opened once */
          opened = opened | B(ix.epoch);
#if SNAPSHOTS
          knownEpoch = 0; hasBeaten = 0;
#endif
          ix.phase = OPEN; printf("- scheduler %d opens epoch %d\n", k, ix.epoch)
        :: else -> printf("- scheduler %d: its open does nothing\n", k)
        fi;
        stage = 6
    }
  /* Keys of older epochs are removed. */
  :: d_step {
      stage == 6 ->
        if
        :: ix.phase != LOST && ix.epoch < epoch && !KEYS_ASK ->
          printf("- scheduler %d sweeps the keys before epoch %d away\n", k, epoch);
          assert(LIVING_KEYS_MAY_GO);                                         /* law: no keys of a living epoch are removed */
          emptyKeys()
        :: else
        fi;
        epoch = 0; stage = 0
    }
#ifndef NO_PROMOTION
  /* Delayed rows whose time is over by a second: the index does not have them. */
  :: atomic {
      job == 0 && LEADS && HAS_TERM && (pending & delayed & ~early) -> PICK(job, pending & delayed & ~early);
      d_step { delayed = delayed & ~B(job); printf("- scheduler %d moves job %d among the waiting ones\n", k, job); job++ }
    }
  :: d_step { job != 0 -> enqueue(job - 1, 0, false); printf("- scheduler %d pushes job %d\n", k, job - 1); job = 0 }
#endif
#if PARKS
  /* The lanes that were changed in the last 15 seconds are given to the index again. */
  :: d_step {
      LEADS && ix.phase != LOST && ix.parked != lanesParked && REMEMBERS ->
        ix.parked = lanesParked; mayBeUnparked = 0; printf("- scheduler %d gives the index the lanes that changed\n", k)
    }
#endif
#if LEADER_DEATHS
  :: d_step {
      leaderDeaths > 0 && (stage != 0 || job != 0) ->
        leaderDeaths--; stage = 0; epoch = 0; lanes = 0; settings = 0; job = 0; configured = 0;
        leader = (LEADS && SCHEDULERS > 1 -> 0 : leader);
        printf("- SCHEDULER %d DIES and is started again\n", k)
    }
#endif
#if LEADER_LAPSES
  :: d_step {
      leaderLapses > 0 && LEADS && stage != 0 -> leaderLapses--; leader = 0;
        printf("- THE LEAD OF SCHEDULER %d RUNS OUT; it acts on\n", k)
    }
#endif
  od
}
