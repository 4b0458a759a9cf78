/* The ledger: the rows of `jobs` as sets of ids, the counters beside them, the leader's row. Each inline is one statement. */
byte pending, succeeded, dead, cancelled;   /* state */
byte attempt[JOBS], reclaims[JOBS];
byte failed;                                /* failures = 1 */
byte delayed;                               /* out of the lane's waiting rows until the leader, or a settlement, puts it back */
byte early;                                 /* run_at is still to come */
byte marked;                                /* somebody wants it cancelled */
byte countedAccepted, countedSucceeded, countedDead, countedCancelled;
byte ledgerEpoch = 1, term, leader;         /* leader: number of the scheduler + 1, 0 when the lease is over */
byte lanesParked;                           /* lanes, as the operator set them */
byte failures = FAILURES, snoozes = SNOOZES;
hidden byte id_;

#define WAITING (pending & ~delayed)

inline accept(j) {
  pending = pending | B(j); attempt[j] = 1; countedAccepted++;
  if
  :: DELAYED & B(j) -> delayed = delayed | B(j); early = early | B(j)
  :: else
  fi
}

/* A settlement names its attempt, and is applied while that is the row's and the job pending (SettlementWriter). */

inline endAs(j, set, counter) {
  pending = pending & ~B(j); set = set | B(j); counter++;
  /* What nobody asks about an ended job any more is cleared, so that equal worlds are one state. */
  delayed = delayed & ~B(j); early = early & ~B(j); marked = marked & ~B(j); failed = failed & ~B(j);
  attempt[j] = 0; reclaims[j] = 0; ran = ran & ~B(j); begun = begun & ~B(j)
}

/* Back among the pending ones for later. */
inline putOff(j, spends) {
  if
  :: spends -> attempt[j]++; failed = failed | B(j)
  :: else
  fi;
  early = early | B(j);
#if !defined(STRICT) || defined(STRICT_FORGETS)
  /* The head of a strict lane stays among the waiting rows, so that it still comes first. */
  delayed = delayed | B(j);
#endif
  ran = ran & ~B(j)
}

/* JobConfirmation.moveOn: only from the attempt that was read. */
inline moveOn(j) {
  reclaims[j]++;
  if
  :: reclaims[j] < POISON ->
#ifndef RECLAIM_KEEPS_ATTEMPT
    attempt[j]++;
#endif
    ran = ran & ~B(j)
  :: else -> endAs(j, dead, countedDead)
  fi
}

/* The first `most` waiting rows of a lane, in order; `more` when there may be others. */
inline readLane(l, most, rows, more) {
  rows = 0; id_ = 0;
  do
  :: id_ < JOBS && SIZE(rows) < (most) ->
    if
    :: WAITING & OF(l) & B(id_) -> rows = rows | B(id_)
    :: else
    fi;
    id_++
  :: else -> break
  od;
  more = (SIZE(rows) == (most) -> 1 : 0)
}
