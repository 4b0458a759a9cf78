/* The index of one shard. Each inline is one script of Sources/Queue/Scripts, or a function of its prelude. */
#define LOST 0
#define RECOVERING 1
#define OPEN 2
#define NOBODY 0
#define DEAD_WORKER (WORKERS + 1)           /* holds for all that died: their leases run out */

typedef Index {
  byte phase, epoch;
  byte waiting;                             /* ids in their lanes: a sorted set, so the lowest comes first */
  byte firstHand;                           /* ids with an envelope */
  byte lostLease;                           /* ids with the mark 'r' */
  byte due;
  byte over, refill;                        /* lanes */
  byte dropped[LANES], cursor[LANES];       /* cursor, floor: id + 1 */
  byte floor;
  byte holder[JOBS];                        /* worker + 1 */
  byte running[LANES];
  byte leases, expired;                     /* workers; expired: over, and not yet seen by reclaim */
  byte session[WORKERS];
  byte limited, parked, held                /* lanes; held: until the head's retry is due (strict order) */
};
Index ix;
hidden byte lane_, left_, count_, cursor_, k_, most_;

#define KNOWN(j) (ix.holder[j] != NOBODY || ((ix.waiting | ix.due) & B(j)))
#define COUNT(l) SIZE(ix.waiting & OF(l))

#define HOLDS(j) (ix.holder[j] != NOBODY -> B(j) : 0)
#if JOBS == 1
#define HELD HOLDS(0)
#elif JOBS == 2
#define HELD (HOLDS(0) | HOLDS(1))
#elif JOBS == 3
#define HELD (HOLDS(0) | HOLDS(1) | HOLDS(2))
#else
#define HELD (HOLDS(0) | HOLDS(1) | HOLDS(2) | HOLDS(3))
#endif

inline wantsRefill(l) {
  if
  :: COUNT(l) <= REFILL_AT -> ix.refill = ix.refill | B(l)
  :: else
  fi
}

inline letGo(l) {
  if
  :: ix.running[l] == 0 && !((ix.over | ix.limited | ix.parked) & B(l)) && COUNT(l) == 0 ->
    ix.floor = MAX(ix.cursor[l], ix.floor); ix.cursor[l] = 0; resetDropped(l)
  :: else
  fi
}

/* One job of the lane is not running any more. */
inline finish(l) {
  ix.running[l]--;
  if
  :: ix.over & B(l) -> wantsRefill(l)
  :: else
  fi;
  letGo(l)
}

inline leaveOut(l) {
  ix.over = ix.over | B(l);
#ifdef COUNT_TO
  ix.dropped[l] = (ix.dropped[l] < COUNT_TO -> ix.dropped[l] + 1 : COUNT_TO)
#else
  ix.dropped[l]++
#endif
}

/* With leave to trust it the job is first-hand; any other must be new to the index. */
inline add(j, trusted) {
  lane_ = LANE(j);
  if
  :: !((trusted) && ABOVE_CURSOR(j, lane_)) && KNOWN(j)
  :: else ->
    if
    :: (ix.over & B(lane_)) || COUNT(lane_) >= WINDOW -> leaveOut(lane_)
    :: else ->
      ix.waiting = ix.waiting | B(j);
      if
      :: (trusted) && ABOVE_CURSOR(j, lane_) -> ix.firstHand = ix.firstHand | B(j)
      :: else
      fi
    fi
  fi;
  if
  :: ix.over & B(lane_) -> wantsRefill(lane_)
  :: else
  fi
}

/* What comes while the index recovers marks its lane; what is for later is left to the ledger then. */
inline enqueue(j, known, later) {
  if
  :: ix.phase == OPEN && (later) ->
    if
    :: ix.holder[j] == NOBODY -> ix.due = ix.due | B(j)
    :: else
    fi
  :: ix.phase == OPEN && !(later) -> add(j, TRUSTED(known))
  :: ix.phase == RECOVERING && !(later) -> leaveOut(LANE(j)); ix.refill = ix.refill | B(LANE(j))
  :: else
  fi
}

inline mark(lanes) {
  lane_ = 0;
  do
  :: lane_ < LANES ->
    if
    :: (lanes) & B(lane_) -> leaveOut(lane_); ix.refill = ix.refill | B(lane_)
    :: else
    fi;
    lane_++
  :: else -> break
  od
}

inline promote(j) {
  ix.due = ix.due & ~B(j); add(j, false)
}

inline refilled(l, read, d, rows, more) {
  if
  :: ix.phase != OPEN || ix.epoch != (read)
  :: else ->
    left_ = more; count_ = COUNT(l); cursor_ = 0; k_ = 0;
    do
    :: k_ < JOBS ->
      if
      :: !((rows) & B(k_)) -> skip
      :: else ->
        if
        :: SKIPPED(k_) -> cursor_ = k_ + 1
        :: !SKIPPED(k_) && count_ < WINDOW -> ix.waiting = ix.waiting | B(k_); count_++; cursor_ = k_ + 1
        :: else -> left_ = 1
        fi
      fi;
      k_++
    :: else -> break
    od;
    ix.cursor[l] = MAX(cursor_, ix.cursor[l]);
    ix.refill = ix.refill & ~B(l);
    if
    :: !left_ && NOTHING_LEFT_OUT(l, d) -> ix.over = ix.over & ~B(l)
    :: else -> ix.over = ix.over | B(l); wantsRefill(l)
    fi;
    letGo(l)
  fi
}

/* The lowest id of a lane goes to a worker. */
inline claim(w, l) {
  k_ = 0;
  do
  :: !(ix.waiting & OF(l) & B(k_)) -> k_++
  :: else -> break
  od;
  ix.waiting = ix.waiting & ~B(k_);
  ix.holder[k_] = w + 1; ix.running[l]++;
  if
  :: ix.over & B(l) -> wantsRefill(l)
  :: else
  fi
}
#define FORGET_MARK(j) ix.lostLease = ix.lostLease & ~B(j)
#define FORGET_ENTRY(j) ix.firstHand = ix.firstHand & ~B(j); ix.lostLease = ix.lostLease & ~B(j)

#define MAY_RUN(l) (COUNT(l) > 0 && BELOW_LIMIT(l) && !IS_PARKED(l) && !IS_HELD_BY_RETRY(l))

/* Takes a job out of a worker's hands, when it is that worker's. */
inline acknowledge(w, j) {
  if
  :: ix.holder[j] == w + 1 -> ix.holder[j] = NOBODY; FORGET_MARK(j); finish(LANE(j))
  :: else
  fi
}

/* The same for a job that goes back: to the due set, or to its lane. */
inline giveBack(w, j, later) {
  if
  :: ix.holder[j] == w + 1 ->
    ix.holder[j] = NOBODY; FORGET_MARK(j);
    if
    :: later -> putLater(j)
    :: else -> ix.waiting = ix.waiting | B(j)
    fi;
    finish(LANE(j))
  :: else
  fi
}

/* Everything that a worker holds by the index and does not name goes back to its lane, second-hand. */
inline returnOthers(w, but) {
  k_ = 0;
  do
  :: k_ < JOBS ->
    if
    :: ix.holder[k_] == w + 1 && (but) != k_ + 1 ->
      ix.holder[k_] = NOBODY; ix.waiting = ix.waiting | B(k_); finish(LANE(k_))
    :: else
    fi;
    k_++
  :: else -> break
  od
}

inline assertHeld(w, j) {
  if
  :: ix.holder[j] == NOBODY ->
    ix.holder[j] = w + 1; ix.running[LANE(j)]++;
    ix.waiting = ix.waiting & ~B(j); ix.due = ix.due & ~B(j); FORGET_ENTRY(j)
  :: else
  fi
}

/* Jobs of workers whose lease is over go back to their lanes, marked. */
inline reclaim() {
  k_ = 0;
  do
  :: k_ < JOBS ->
    if
    :: ix.holder[k_] == DEAD_WORKER || (ix.holder[k_] != NOBODY && (ix.expired & B(ix.holder[k_] - 1))) ->
      ix.holder[k_] = NOBODY; ix.waiting = ix.waiting | B(k_); ix.lostLease = ix.lostLease | B(k_); finish(LANE(k_))
    :: else
    fi;
    k_++
  :: else -> break
  od;
  k_ = 0;
  do
  :: k_ < WORKERS ->
    if
    :: ix.expired & B(k_) -> reclaimedFrom = (wjob[k_] && STRONG -> reclaimedFrom | B(k_) : reclaimedFrom); ix.leases = ix.leases & ~B(k_); ix.session[k_] = 0
    :: else
    fi;
    k_++
  :: else -> break
  od;
  ix.expired = 0
}

inline lose() {
  ix.phase = LOST; ix.epoch = 0; ix.floor = 0;
  emptyKeys()
}

/* What has the epoch in its name. */
inline emptyKeys() {
  ix.waiting = 0; ix.firstHand = 0; ix.lostLease = 0; ix.due = 0; ix.over = 0; ix.refill = 0;
  ix.leases = 0; ix.expired = 0; ix.limited = 0; ix.parked = 0; ix.held = 0;
  k_ = 0;
  do
  :: k_ < LANES -> ix.dropped[k_] = 0; ix.cursor[k_] = 0; ix.running[k_] = 0; k_++
  :: else -> break
  od;
  k_ = 0;
  do
  :: k_ < JOBS -> ix.holder[k_] = NOBODY; k_++
  :: else -> break
  od;
  k_ = 0;
  do
  :: k_ < WORKERS -> ix.session[k_] = 0; k_++
  :: else -> break
  od
}
