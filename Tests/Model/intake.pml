/* An API process: Intake and IndexPusher. Order is the law: the epoch is noted, the job committed, the index told. */
byte unaccepted = ALL, pushing, stray;      /* stray: given up by the sender, and still under way */
byte noted[JOBS];                           /* the epoch that was known before the commit */
byte apiEpoch = 1, damaged;                 /* lanes whose pushes failed, or may have */
byte apiDeaths = API_DEATHS, latePushes = LATE_PUSHES;
hidden byte reception_;

#define PICK(j, set) if :: (set) & 1 -> j = 0 :: (set) & 2 -> j = 1 :: (set) & 4 -> j = 2 :: (set) & 8 -> j = 3 fi

proctype Api() {
  byte j;
end:
  do
  :: atomic {
      unaccepted -> PICK(j, NEXT);
      d_step {
        noted[j] = apiEpoch; accept(j);
        unaccepted = unaccepted & ~B(j); pushing = pushing | B(j);
        printf("- job %d is accepted, epoch %d is known\n", j, apiEpoch); j = 0
      }
    }
  :: atomic {
      pushing -> PICK(j, pushing);
      d_step {
        enqueue(j, NOTED(j), DELAYED & B(j)); reception_ = ix.phase;
        printf("- job %d is pushed under epoch %d (index: epoch %d, phase %d); first-hand: %d\n", j, NOTED(j), ix.epoch, ix.phase, (ix.firstHand & B(j)) != 0);
        pushing = pushing & ~B(j); noted[j] = 0;
        if
        :: reception_ == OPEN -> apiEpoch = ix.epoch
        :: reception_ == RECOVERING -> apiEpoch = 0
        :: else -> apiEpoch = 0; damaged = damaged | B(LANE(j))
        fi;
        j = 0
      }
    }
  :: atomic {
      pushing && latePushes > 0 -> PICK(j, pushing);
      d_step {
        latePushes--; pushing = pushing & ~B(j); stray = stray | B(j); apiEpoch = 0; damaged = damaged | B(LANE(j));
        printf("- the push of job %d is given up and still under way\n", j); j = 0
      }
    }
  :: atomic {
      stray -> PICK(j, stray);
      d_step {
        enqueue(j, noted[j], DELAYED & B(j)); stray = stray & ~B(j); noted[j] = 0;
        printf("- the push of job %d arrives late (phase %d); first-hand: %d\n", j, ix.phase, (ix.firstHand & B(j)) != 0); j = 0
      }
    }
  :: d_step {
      damaged && ix.phase != LOST ->
        mark(damaged);
        printf("- the API marks lanes %d\n", damaged);
        damaged = 0; apiEpoch = (ix.phase == OPEN -> ix.epoch : 0)
    }
  :: d_step {
      (pushing || damaged) && apiDeaths > 0 ->
        printf("- AN API PROCESS DIES, with the pushes of jobs %d\n", pushing);
        apiDeaths--; pushing = 0; damaged = 0; apiEpoch = (ix.phase == OPEN -> ix.epoch : 0)
    }
  od
}
