/* What breaks, each at most as often as the configuration says; it may stop at any moment, so that quiet comes. */
byte flushes = FLUSHES, deaths = DEATHS, lapses = LAPSES, silences = SILENCES;
#if SNAPSHOTS
Index kept;
byte snapshots = SNAPSHOTS;

inline copy(a, b) {
  b.phase = a.phase; b.epoch = a.epoch; b.waiting = a.waiting; b.firstHand = a.firstHand; b.lostLease = a.lostLease; b.due = a.due;
  b.over = a.over; b.refill = a.refill; b.floor = a.floor; b.leases = a.leases; b.expired = a.expired;
  b.limited = a.limited; b.parked = a.parked; b.held = a.held;
  k_ = 0;
  do
  :: k_ < LANES -> b.dropped[k_] = a.dropped[k_]; b.cursor[k_] = a.cursor[k_]; b.running[k_] = a.running[k_]; k_++
  :: else -> break
  od;
  k_ = 0;
  do
  :: k_ < JOBS -> b.holder[k_] = a.holder[k_]; k_++
  :: else -> break
  od;
  k_ = 0;
  do
  :: k_ < WORKERS -> b.session[k_] = a.session[k_]; k_++
  :: else -> break
  od
}
#endif

inline excuseHeld(w) {
  excused = (wjob[w] != 0 -> excused | B(wjob[w] - 1) : excused);
  k_ = 0;
  do
  :: k_ < JOBS ->
    excused = (ix.holder[k_] == w + 1 -> excused | B(k_) : excused); k_++
  :: else -> break
  od
}

#define BUSY ((wjob[0] -> 1 : 0) | (WORKERS > 1 && wjob[WORKERS - 1] -> 2 : 0))

proctype Faults() {
  byte w;
end:
  do
#if FLUSHES
  :: d_step { flushes > 0 && ix.phase != LOST -> flushes--; lose(); printf("- THE INDEX IS EMPTIED\n") }
#endif
#if SNAPSHOTS
  /* Put back when the leader has beaten in between, a second at most; what comes before its next beat is excused. */
  :: d_step { snapshots > 0 && ix.phase == OPEN && kept.epoch == 0 -> copy(ix, kept); hasBeaten = 0; printf("- a copy of the index is made\n") }
  :: d_step {
      snapshots > 0 && kept.epoch != 0 && (hasBeaten || kept.epoch < ix.epoch) ->
        snapshots--; copy(kept, ix); isOld = 1;
        kept.phase = 0; kept.epoch = 0; kept.waiting = 0; kept.firstHand = 0;
        printf("- THE COPY OF EPOCH %d IS PUT BACK\n", ix.epoch)
    }
#endif
#if DEATHS
  :: atomic {
      deaths > 0 && BUSY -> PICK(w, BUSY);
      d_step {
        deaths--; excuseHeld(w);
        printf("- WORKER %d DIES with job %d, another one is started\n", w, wjob[w] - 1);
        k_ = 0;
        do
        :: k_ < JOBS ->
          ix.holder[k_] = (ix.holder[k_] == w + 1 -> DEAD_WORKER : ix.holder[k_]); k_++
        :: else -> break
        od;
        ix.leases = ix.leases & ~B(w); ix.expired = ix.expired & ~B(w); ix.session[w] = 0;
        forget(w); wepoch[w] = 0; unheard = unheard & ~B(w); w = 0
      }
    }
#endif
#if LAPSES
  :: atomic {
      lapses > 0 && ix.phase == OPEN && (BUSY & ix.leases & ~ix.expired) -> PICK(w, BUSY & ix.leases & ~ix.expired);
      d_step { lapses--; excuseHeld(w); ix.expired = ix.expired | B(w); printf("- THE LEASE OF WORKER %d RUNS OUT; it lives\n", w); w = 0 }
    }
#endif
#if SILENCES
  :: atomic {
      silences > 0 && ix.phase == RECOVERING && (BUSY & ~ix.leases & ~unheard) -> PICK(w, BUSY & ~ix.leases & ~unheard);
      d_step { silences--; excuseHeld(w); unheard = unheard | B(w); printf("- WORKER %d IS NOT HEARD\n", w); w = 0 }
    }
#endif
  :: break
  od
}
