/* How small the world is. A configuration gives other numbers with -D; see protocol.py. */
#ifndef JOBS
#define JOBS 2              /* ids 0 …, older first */
#endif
#ifndef LANES
#define LANES 1             /* 2: odd ids are in lane 1 */
#endif
#ifndef WINDOW
#define WINDOW 1            /* ids that a lane holds in the index */
#endif
#ifndef REFILL_AT
#define REFILL_AT (WINDOW / 2)      /* waiting ids, at or under which an overflowing lane asks for more */
#endif
#ifndef WORKERS
#define WORKERS 2           /* with one slot each */
#endif
#ifndef REFILLERS
#define REFILLERS 1         /* refills under way at once: 2 when a token runs out under a slow one */
#endif
#ifndef SCHEDULERS
#define SCHEDULERS 1
#endif
#ifndef DELAYED
#define DELAYED 0           /* set of ids that are accepted for later */
#endif
#ifndef LIMIT
#define LIMIT 0             /* jobs of lane 0 at once; 0: no limit */
#endif
#ifndef POISON
#define POISON 3            /* reclaims that bury a job */
#endif
/* What may happen at most this often in one run. */
#ifndef FAILURES
#define FAILURES 0          /* attempts that fail; a job's second failure buries it */
#endif
#ifndef SNOOZES
#define SNOOZES 0
#endif
#ifndef FLUSHES
#define FLUSHES 0           /* the index is emptied */
#endif
#ifndef SNAPSHOTS
#define SNAPSHOTS 0         /* an older copy of the index is put back */
#endif
#ifndef DEATHS
#define DEATHS 0            /* a worker dies and another one is started */
#endif
#ifndef LAPSES
#define LAPSES 0            /* the lease of a living worker runs out */
#endif
#ifndef SILENCES
#define SILENCES 0          /* a living worker is not heard during a rebuild */
#endif
#ifndef API_DEATHS
#define API_DEATHS 0        /* an API process dies, its pushes with it */
#endif
#ifndef LATE_PUSHES
#define LATE_PUSHES 0       /* a push is given up by its sender and arrives all the same */
#endif
#ifndef LOST_ANSWERS
#define LOST_ANSWERS 0      /* a step is done and its answer never comes */
#endif
#ifndef LATE_STEPS
#define LATE_STEPS 0        /* a step is given up by its sender and arrives all the same */
#endif
#ifndef REFILL_DEATHS
#define REFILL_DEATHS 0     /* a refill dies with its process */
#endif
#ifndef DOUBTS
#define DOUBTS 0            /* a settlement is committed and its answer is not known */
#endif
#ifndef LEADER_DEATHS
#define LEADER_DEATHS 0     /* the leading scheduler dies and is started again */
#endif
#ifndef LEADER_LAPSES
#define LEADER_LAPSES 0     /* the lead runs out under a scheduler that acts on */
#endif
#ifndef CANCELS
#define CANCELS 0           /* an operator cancels a job */
#endif
#ifndef PARKS
#define PARKS 0             /* an operator parks lane 0 and un-parks it */
#endif
#ifndef OUTAGES
#define OUTAGES 0           /* the index is out of reach, and keeps what it has, for longer than the leader looks back for settings */
#endif
#ifndef FULL_DUES
#define FULL_DUES 0         /* the due set has no room */
#endif

#define B(i) (1 << (i))
#define ALL (B(JOBS) - 1)
#if LANES == 1
#define LANE(j) 0
#define OF(l) ALL
#else
#define LANE(j) ((j) & 1)
#define OF(l) ((l) == 0 -> 5 : 10)
#endif
#define SIZE(set) (((set) & 1) + (((set) >> 1) & 1) + (((set) >> 2) & 1) + (((set) >> 3) & 1))
#define MAX(a, b) ((a) > (b) -> (a) : (b))

/* What a worker is about. */
#define IDLE 0
#define ASK 1               /* second-hand: the ledger is asked */
#define ASK_RECLAIMED 2     /* the same for a job whose worker was lost */
#define MOVE_ON 3           /* its attempt is read and is to be moved on */
#define READY 4
#define RUNNING 5
#define BEHIND 6            /* another one comes before it in its strict lane, and is pushed again */
#define SETTLED 7           /* to be acknowledged */
#define PUT_OFF 8           /* to be given back for later */
#define RELEASED 9          /* to be given back to its lane, no attempt spent */

#ifdef STRONG_FENCE
#define STRONG true
#else
#define STRONG false
#endif
