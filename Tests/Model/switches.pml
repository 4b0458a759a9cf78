/* The protections, each with a switch that takes it out, and what would mend a weakness. protocol.py says what each has to break. */

/* ledger.pml */
#if defined(NO_FENCE)
#define FENCE(j, a) true
#elif defined(NO_ATTEMPT_IN_FENCE)
#define FENCE(j, a) (pending & B(j))
#else
#define FENCE(j, a) ((pending & B(j)) && attempt[j] == (a))
#endif

/* index.pml */
#ifdef COUNT_STAYS
#define resetDropped(l) skip
#else
#define resetDropped(l) ix.dropped[l] = 0
#endif
#ifdef NO_CURSOR
#define ABOVE_CURSOR(j, l) true
#else
#define ABOVE_CURSOR(j, l) ((j) + 1 > ix.cursor[l] && (j) + 1 > ix.floor)
#endif
#if defined(STRICT)
#define TRUSTED(known) false       /* a strict lane asks the ledger what comes first */
#elif defined(NO_EPOCH_CHECK)
#define TRUSTED(known) true
#else
#define TRUSTED(known) ((known) == ix.epoch)
#endif
#ifdef REFILL_IGNORES_HELD
#define SKIPPED(j) ((ix.waiting | ix.due) & B(j))
#else
#define SKIPPED(j) KNOWN(j)
#endif
#ifdef NO_COUNTER
#define NOTHING_LEFT_OUT(l, d) true
#else
#define NOTHING_LEFT_OUT(l, d) (ix.dropped[l] == (d))
#endif
#ifdef MARK_STAYS
#define FORGET_CLAIMED(j) ix.firstHand = ix.firstHand & ~B(j)
#else
#define FORGET_CLAIMED(j) FORGET_ENTRY(j)
#endif
#ifdef NO_LIMIT
#define BELOW_LIMIT(l) true
#else
#define BELOW_LIMIT(l) (!(ix.limited & B(l)) || ix.running[l] < LIMIT)
#endif
#ifdef NO_PARKING
#define IS_PARKED(l) false
#else
#define IS_PARKED(l) (ix.parked & B(l))
#endif
#ifdef STRICT
/* The head's retry holds the lane until its time has come. */
#define IS_HELD_BY_RETRY(l) (ix.held & B(l))
#else
#define IS_HELD_BY_RETRY(l) false
#endif
#ifdef STRICT
#ifdef STRICT_FORGETS
#define putLater(j) ix.due = ix.due | B(j)
#else
#define putLater(j) ix.waiting = ix.waiting | B(j); ix.held = ix.held | B(LANE(j))
#endif
#else
#define putLater(j) ix.due = ix.due | B(j)
#endif

/* intake.pml */
#ifdef EPOCH_NOTED_LATE
#define NOTED(j) apiEpoch
#else
#define NOTED(j) noted[j]
#endif
#ifdef ANY_ORDER
#define NEXT unaccepted
#else
#define NEXT (unaccepted & ~(unaccepted - 1))   /* ids are made in order; they may be committed in another */
#endif

/* operator.pml */
#ifdef CANCEL_ASKS_RECOVERING
#define CANCEL_CANNOT_ASK (ix.phase == LOST)
#else
#define CANCEL_CANNOT_ASK (ix.phase != OPEN)
#endif

/* worker.pml */
#ifdef NO_SESSION
#define SESSION_MATCHES(a, b) true
#else
#define SESSION_MATCHES(a, b) ((a) == (b))
#endif
#ifdef LEASE_WATCHED
#define IS_OVER(w) ((ix.expired & B(w)) || !(ix.leases & B(w)))
#else
#define IS_OVER(w) false
#endif
#ifdef ORDER_IS_NOT_ASKED
#define COMES_BEFORE 0
#else
#define COMES_BEFORE (WAITING & OF(LANE(J)) & (B(J) - 1))
#endif
#ifdef STRONG_FENCE
#define ASKS(v) (wstage[v] == ASK || wstage[v] == MOVE_ON)
#else
#define ASKS(v) false
#endif

/* keeper.pml */
#ifdef NO_WAIT
#define ALL_HEARD true
#else
#define ALL_HEARD (pending == 0 || (IS_HEARD(0) && (WORKERS == 1 || IS_HEARD(WORKERS - 1))))
#endif
#ifdef NO_TERM
#define HAS_TERM true
#else
#define HAS_TERM (LEADS && kterm == term)
#endif
/* tend: the beat went backwards under the epoch that is known. */
#if defined(NO_BEAT)
#define WENT_BACK false
#elif defined(OLDER_EPOCH_IS_LOST)
#define WENT_BACK (ix.epoch < ledgerEpoch || (isOld && ix.epoch == knownEpoch && hasBeaten))
#else
#define WENT_BACK (isOld && ix.epoch == knownEpoch && hasBeaten)
#endif
#ifdef SETTINGS_KEPT
#define REMEMBERS true
#else
#define REMEMBERS (!isLongAgo)
#endif
#ifdef KEYS_LAW_OFF
#define LIVING_KEYS_MAY_GO true
#else
#define LIVING_KEYS_MAY_GO false
#endif
#ifdef KEYS_ASK_EPOCH
#define KEYS_ASK true
#else
#define KEYS_ASK false
#endif
#ifdef OPEN_ASKS_LEDGER
#define WAIT 7
#define IS_NEWEST (isNewest)
#else
#define WAIT 5
#define IS_NEWEST true
#endif
