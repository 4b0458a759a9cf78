/* A worker with one slot: QueueRunner, Holdings, SettlementWriter. A job is held from its claim to the acknowledgement. */

byte wjob[WORKERS], wstage[WORKERS], wattempt[WORKERS];     /* job + 1 */
byte wepoch[WORKERS], wsession[WORKERS];
byte inFlight[WORKERS], inFlightAttempt[WORKERS];           /* a settlement under way of a job that was lost meanwhile: job + 1 */
byte late, lateEpoch[WORKERS], lateSession[WORKERS];        /* a step under way that its sender has given up */
byte lostAnswers = LOST_ANSWERS, lateSteps = LATE_STEPS, doubts = DOUBTS, fullDues = FULL_DUES;
#ifdef RELEASES
byte releases = RELEASES;
#endif
byte unheard;                                                /* workers that are not heard during a rebuild */

#define IS_KNOWN(w, e, s) (ix.phase == OPEN && (e) == ix.epoch && (ix.leases & B(w)) && SESSION_MATCHES(s, ix.session[w]))
#define IN_TOUCH(w) IS_KNOWN(w, wepoch[w], wsession[w])
#define MUST_ASSERT(w) (ix.phase != LOST && (wepoch[w] != ix.epoch || !(ix.leases & B(w)) || wsession[w] != ix.session[w]))

inline forget(w) {
  wjob[w] = 0; wstage[w] = IDLE; wattempt[w] = 0; overtaken = overtaken & ~B(w); reclaimedFrom = reclaimedFrom & ~B(w)
}

inline stepClaim(w, l, how) {
  claim(w, l);
#if SNAPSHOTS
  excused = (isOld -> excused | B(k_) : excused);
#endif
  ix.expired = ix.expired & ~B(w);
  printf("- worker %d claims job %d; first-hand: %d, its worker was lost: %d; %e\n", w, k_, (ix.firstHand & B(k_)) != 0, (ix.lostLease & B(k_)) != 0, how);
  assert(!(PARKED_FOR_SURE & B(l)));                                          /* law: nothing of a parked lane is claimed */
}

inline begin(w) {
  printf("- worker %d starts job %d, attempt %d\n", w, J, wattempt[w]);
#if SNAPSHOTS
  excused = (isOld -> excused | B(J) : excused);
#endif
  lawsOfStart(w, J);
#ifdef STRONG_FENCE
  if
  :: wjob[1 - w] == wjob[w] && (reclaimedFrom & B(1 - w)) -> overtaken = overtaken | B(1 - w)
  :: else
  fi;
#endif
  ran = ran | B(J); begun = begun | B(J); wstage[w] = RUNNING
}

/* Between the permission to start and the start there is time, which matters where a worker can lose its job meanwhile. */
inline ready(w) {
#ifdef START_APART
  wstage[w] = READY
#else
  begin(w)
#endif
}

inline hear(w) {
  wjob[w] = k_ + 1;
  if
  :: ix.firstHand & B(k_) -> wattempt[w] = 1; ready(w)
  :: !(ix.firstHand & B(k_)) && (ix.lostLease & B(k_)) -> wstage[w] = ASK_RECLAIMED
  :: else ->
#ifdef NO_CONFIRMATION
    wattempt[w] = attempt[k_]; ready(w)
#else
    wstage[w] = ASK
#endif
  fi
}

inline stepReport(w) {
  ix.expired = ix.expired & ~B(w);
  printf("- worker %d steps and reports job %d: %e\n", w, J, (wstage[w] == SETTLED -> settled : goes_back));
  if
  :: wstage[w] == SETTLED -> acknowledge(w, J)
  :: wstage[w] == PUT_OFF -> giveBack(w, J, true)
  :: else -> giveBack(w, J, false)
  fi
}

/* The worker's loop: calls of the index, one at a time. */
#define CLAIM(l) \
  :: d_step { \
      wstage[w] == IDLE && IN_TOUCH(w) && MAY_RUN(l) -> \
        stepClaim(w, l, heard); hear(w); FORGET_CLAIMED(k_) \
    } \
  :: d_step { \
      lostAnswers > 0 && wstage[w] == IDLE && IN_TOUCH(w) && MAY_RUN(l) -> \
        lostAnswers--; stepClaim(w, l, ANSWER_IS_LOST); FORGET_CLAIMED(k_); wepoch[w] = 0 \
    } \
  :: d_step { \
      (late & B(w)) && IS_KNOWN(w, lateEpoch[w], lateSession[w]) && MAY_RUN(l) -> \
        stepClaim(w, l, by_a_late_step); FORGET_CLAIMED(k_); \
        late = late & ~B(w); lateEpoch[w] = 0; lateSession[w] = 0 \
    }

inline mayRun(w, next) {
  if
  :: next == READY -> ready(w)
  :: else -> wstage[w] = next
  fi
}

/* What the ledger has before a job in its lane. */
#define LOWEST(set) ((set) & 1 -> 0 : ((set) & 2 -> 1 : ((set) & 4 -> 2 : 3)))

/* JobConfirmation.confirm */
inline answer(w, next) {
  if
  :: IS_OVER(w) -> printf("  but its lease is over\n"); forget(w); wepoch[w] = 0
  :: !IS_OVER(w) && (pending & B(J)) == 0 -> wstage[w] = SETTLED
  :: !IS_OVER(w) && (pending & B(J)) != 0 ->
  if
#ifndef CONFIRM_IGNORES_MARK
#ifdef STRICT
  :: (pending & ~marked & B(J)) && COMES_BEFORE -> wattempt[w] = LOWEST(COMES_BEFORE) + 1; wstage[w] = BEHIND
#define MAY_GO(j) (COMES_BEFORE == 0)
#else
#define MAY_GO(j) true
#endif
  :: pending & marked & B(J) -> endAs(J, cancelled, countedCancelled); wstage[w] = SETTLED
  :: (pending & ~marked & B(J)) && MAY_GO(J) && (early & B(J)) -> wstage[w] = PUT_OFF
  :: (pending & ~marked & B(J)) && MAY_GO(J) && !(early & B(J)) -> wattempt[w] = attempt[J]; mayRun(w, next)
#else
  :: (pending & B(J)) && (early & B(J)) -> wstage[w] = PUT_OFF
  :: (pending & B(J)) && !(early & B(J)) -> wattempt[w] = attempt[J]; mayRun(w, next)
#endif
  fi
  fi
}

/* Whoever has the job still, or a settlement of it under way, has lost it. */
inline overtake(w) {
#if WORKERS > 1
  if
  :: wjob[1 - w] == wjob[w] && (wstage[1 - w] == READY || wstage[1 - w] == RUNNING || ASKS(1 - w)) -> overtaken = overtaken | B(1 - w)
  :: else
  fi;
  if
  :: inFlight[1 - w] == wjob[w] -> overtakenFlight = overtakenFlight | B(1 - w)
  :: else
  fi;
#endif
  if
  :: inFlight[w] == wjob[w] -> overtakenFlight = overtakenFlight | B(w)
  :: else
  fi
}

inline assertAll(w) {
  d_step {
    if
    :: LATE_STEPS > 0 -> wsession[w]++
    :: else
    fi;
    ix.session[w] = wsession[w];
    ix.leases = ix.leases | B(w); ix.expired = ix.expired & ~B(w);
    if
    :: wjob[w] != 0 -> assertHeld(w, J); overtaken = (wstage[w] < READY -> overtaken & ~B(w) : overtaken); reclaimedFrom = reclaimedFrom & ~B(w)
    :: else
    fi;
    returnOthers(w, wjob[w]);
    wepoch[w] = ix.epoch; unheard = unheard & ~B(w);
    printf("- worker %d asserts what it holds (job %d), epoch %d\n", w, wjob[w] - 1, ix.epoch)
  }
}

inline assertNothing(w) {
  d_step {
    ix.session[w] = wsession[w]; ix.leases = ix.leases | B(w); ix.expired = ix.expired & ~B(w); wepoch[w] = ix.epoch;
    printf("- worker %d is in epoch %d and asserts nothing\n", w, ix.epoch)
  }
}

proctype Worker(byte w) {
  mtype ending;
end:
  do
  CLAIM(0)
#if LANES > 1
  CLAIM(1)
#endif
  :: d_step { wstage[w] >= SETTLED && IN_TOUCH(w) -> stepReport(w); forget(w) }
  :: d_step {
      fullDues > 0 && wstage[w] == PUT_OFF && IN_TOUCH(w) ->
        fullDues--; wstage[w] = SETTLED; stepReport(w); forget(w);
        printf("  the due set is full: the ledger has it\n")
    }
  :: d_step {
      lostAnswers > 0 && wstage[w] >= SETTLED && IN_TOUCH(w) ->
        lostAnswers--; stepReport(w); wepoch[w] = 0;
        printf("  THE ANSWER IS LOST\n")
    }
  :: d_step {
      lateSteps > 0 && wstage[w] == IDLE && !(late & B(w)) && IN_TOUCH(w) ->
        lateSteps--; late = late | B(w); lateEpoch[w] = wepoch[w]; lateSession[w] = wsession[w]; wepoch[w] = 0;
        printf("- worker %d gives a step up that is still under way\n", w)
    }
  :: d_step {
      (late & B(w)) && !IS_KNOWN(w, lateEpoch[w], lateSession[w]) ->
        late = late & ~B(w); lateEpoch[w] = 0; lateSession[w] = 0;
        printf("- a late step of worker %d is a stranger's\n", w)
    }
#ifndef NO_REASSERTION
  :: atomic {
      MUST_ASSERT(w) && !(ix.phase == RECOVERING && (unheard & B(w))) ->
      if
      :: wjob[w] != 0 && ix.holder[J] != NOBODY && ix.holder[J] != w + 1 ->
        /* Refused. A settlement may be under way all the same. */
        if
        :: wstage[w] == RUNNING && inFlight[w] == 0 ->
          d_step {
            inFlight[w] = wjob[w]; inFlightAttempt[w] = wattempt[w];
            overtakenFlight = (overtaken & B(w) -> overtakenFlight | B(w) : overtakenFlight);
            printf("- worker %d has lost job %d, and a settlement of it is under way\n", w, J)
          }
        :: printf("- worker %d has lost job %d\n", w, J)
        fi;
        forget(w)
      :: else
      fi;
      assertAll(w)
    }
#else
  :: atomic { MUST_ASSERT(w) && ix.phase == OPEN -> assertNothing(w) }
#endif
#if SNAPSHOTS && !defined(NO_BEAT)
  /* A step that knows of a higher beat than the copy has: the copy is thrown away. */
  :: d_step { isOld && ix.epoch == knownEpoch && hasBeaten && IN_TOUCH(w) -> lose(); isOld = 0; printf("- worker %d finds an older index and deletes it\n", w) }
#endif
  /* Its attempts, beside the loop. */
  :: d_step {
      wstage[w] == ASK ->
        printf("- worker %d asks for job %d: pending %d, attempt %d, marked %d, early %d\n", w, J, (pending & B(J)) != 0, attempt[J], (marked & B(J)) != 0, (early & B(J)) != 0);
        answer(w, READY)
    }
  :: d_step {
      wstage[w] == ASK_RECLAIMED ->
        printf("- worker %d asks for the reclaimed job %d: pending %d, attempt %d, marked %d, early %d\n", w, J, (pending & B(J)) != 0, attempt[J], (marked & B(J)) != 0, (early & B(J)) != 0);
        answer(w, MOVE_ON)
    }
  :: d_step {
      wstage[w] == MOVE_ON ->
        printf("- worker %d moves job %d on from attempt %d, if that is its attempt (%d)\n", w, J, wattempt[w], attempt[J]);
        if
        :: IS_OVER(w) -> forget(w); wepoch[w] = 0
        :: !IS_OVER(w) && (pending & ~marked & B(J)) && attempt[J] == wattempt[w] && !(early & B(J)) ->
          moveOn(J); overtake(w);
          
          if
          :: pending & B(J) -> wattempt[w] = attempt[J]; ready(w)
          :: else -> wstage[w] = SETTLED
          fi
        :: !IS_OVER(w) && (pending & B(J)) && (early & B(J)) -> wstage[w] = PUT_OFF
        :: !IS_OVER(w) && (pending & B(J)) && !(early & B(J)) && attempt[J] > wattempt[w] -> wattempt[w] = attempt[J]; ready(w)
        :: else -> wstage[w] = SETTLED
        fi;
    }
#ifdef STRICT
  :: d_step {
      wstage[w] == BEHIND ->
        printf("- worker %d pushes job %d again, which comes first\n", w, wattempt[w] - 1);
        if
#ifndef FIRST_NEEDS_ROOM
        :: ix.phase == OPEN && !KNOWN(wattempt[w] - 1) ->
          /* It comes in past a full window: what fills that may be nothing but jobs that wait for it. */
          ix.waiting = ix.waiting | B(wattempt[w] - 1); ix.cursor[LANE(J)] = MAX(wattempt[w], ix.cursor[LANE(J)])
#endif
        :: else -> enqueue(wattempt[w] - 1, 0, false)
        fi;
        wattempt[w] = 0; wstage[w] = PUT_OFF
    }
#endif
#ifdef START_APART
  :: d_step { wstage[w] == READY -> begin(w) }
#endif
  :: atomic {
      wstage[w] == RUNNING -> CHOOSE_ENDING(J);
      d_step { settle(w, J, wattempt[w], overtaken & B(w)); report(w); ending = 0 }
    }
  :: atomic {
      inFlight[w] != 0 -> CHOOSE_ENDING(inFlight[w] - 1);
      d_step {
        settle(w, inFlight[w] - 1, inFlightAttempt[w], overtakenFlight & B(w));
        inFlight[w] = 0; inFlightAttempt[w] = 0; overtakenFlight = overtakenFlight & ~B(w); ending = 0
      }
    }
  :: d_step {
      doubts > 0 && wstage[w] == PUT_OFF -> doubts--; wstage[w] = SETTLED;
        printf("  the answer was lost; the repeated settlement is refused\n")
    }
#ifdef RELEASES
  :: d_step {
      releases > 0 && wstage[w] == RUNNING -> releases--; wstage[w] = RELEASED; ran = ran & ~B(J);
        printf("- worker %d stops and releases job %d\n", w, J)
    }
#endif
  od
}
