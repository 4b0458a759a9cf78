/* An operator: cancels a job, parks a lane for a while. Ledger first, index second. */
byte cancels = CANCELS, parks = PARKS, outages = OUTAGES;
byte isLongAgo;         /* the last change of a lane's settings, of which the index was not told */
byte mayBeUnparked;     /* lanes that a rebuild under way, or an index that was away, may not know as parked until the leader's next look */
byte parkIsOver;        /* lanes whose parking the index has been told */
#define PARKED_FOR_SURE (lanesParked & parkIsOver & ~mayBeUnparked)

#if CANCELS || PARKS
proctype Operator() {
  byte j, stage, known;
end:
  do
#if CANCELS
  :: atomic {
      stage == 0 && cancels > 0 && pending -> PICK(j, pending);
      d_step { cancels--; marked = marked | B(j); known = attempt[j]; stage = 1; printf("- job %d is to be cancelled: it is marked\n", j) }
    }
  /* Whoever dies in between leaves the mark: the leader goes on from there. */
  :: atomic {
      stage == 0 && !CANCEL_CANNOT_ASK && (marked & ~HELD) -> PICK(j, marked & ~HELD);
      d_step { known = attempt[j]; stage = 1; printf("- the leader reads that job %d is marked, attempt %d\n", j, known) }
    }
  /* A lost or recovering index does not know who holds what: it is asked again. */
  :: d_step {
      stage == 1 && CANCEL_CANNOT_ASK -> j = 0; known = 0; stage = 0; printf("- the index cannot say who holds it\n")
    }
  :: d_step {
      stage == 1 && !CANCEL_CANNOT_ASK ->
        if
        :: ix.holder[j] != NOBODY -> printf("- job %d is held: its worker is told\n", j); j = 0; known = 0; stage = 0
        :: else ->
          ix.waiting = ix.waiting & ~B(j); ix.due = ix.due & ~B(j); FORGET_ENTRY(j);
#ifndef CANCEL_LEAVES_CURSOR
          ix.cursor[LANE(j)] = MAX(j + 1, ix.cursor[LANE(j)]);
#endif
#ifndef CANCEL_FORGETS_REFILL
          if
          :: ix.over & B(LANE(j)) -> ix.refill = ix.refill | B(LANE(j))
          :: else
          fi;
#endif
          letGo(LANE(j));
          stage = 2; printf("- job %d is held by nobody and out of the index\n", j)
        fi
    }
  :: d_step {
      stage == 2 ->
        if
        :: (pending & marked & B(j)) && attempt[j] == known -> endAs(j, cancelled, countedCancelled); printf("- job %d is cancelled\n", j)
        :: else -> printf("- job %d has moved on or ended\n", j)
        fi;
        j = 0; known = 0; stage = 0
    }
#endif
#if PARKS
  :: d_step { stage == 0 && parks > 0 -> parks--; lanesParked = lanesParked | 1; stage = 3; printf("- lane 0 is parked in the ledger\n") }
  :: d_step {
      stage == 3 ->
        if
        :: ix.phase == LOST -> mayBeUnparked = 1
        :: ix.phase == RECOVERING -> ix.parked = ix.parked | 1; mayBeUnparked = 1
        :: else -> ix.parked = ix.parked | 1
        fi;
        parkIsOver = 1; stage = 4; printf("- lane 0 is parked in the index\n")
    }
  :: d_step { stage == 4 -> lanesParked = lanesParked & ~1; parkIsOver = 0; stage = 5; printf("- lane 0 is un-parked in the ledger\n") }
  :: d_step {
      stage == 5 ->
        if
        :: ix.phase != LOST -> ix.parked = ix.parked & ~1
        :: else
        fi;
        mayBeUnparked = 0; stage = 0; printf("- lane 0 is un-parked in the index\n")
    }
#if OUTAGES
  :: d_step { outages > 0 && stage == 5 -> outages--; isLongAgo = 1; stage = 0; printf("- THE INDEX IS OUT OF REACH for long, and not told that the lane is un-parked\n") }
#endif
#endif
  od
}
#endif
