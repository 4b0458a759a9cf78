/* SettlementWriter: what comes of an attempt, and one statement that accepts it or not. */
mtype = { heard, ANSWER_IS_LOST, by_a_late_step, settled, goes_back, applied, REFUSED, succeeds, is_tried_again, fails_for_good, is_snoozed, is_cancelled };
hidden byte applied_;
#define J (wjob[w] - 1)

/* What comes of an attempt. */
#define CHOOSE_ENDING(j) \
  if \
  :: ending = succeeds \
  :: failures > 0 && !(failed & B(j)) -> ending = is_tried_again \
  :: failures > 0 && (failed & B(j)) -> ending = fails_for_good \
  :: snoozes > 0 -> ending = is_snoozed \
  :: marked & B(j) -> ending = is_cancelled \
  fi

/* The fence decides; the worker acknowledges whatever the answer was. */
inline settle(w, j, a, isOvertaken) {
  applied_ = (FENCE(j, a) -> 1 : 0);
  printf("- worker %d settles job %d, attempt %d: %e, %e\n", w, j, a, ending, (applied_ -> applied : REFUSED));
  if
  :: applied_ ->
    assert(!(isOvertaken));                                                   /* law: the settlement of a worker that was overtaken is refused */
    assert(pending & B(j));                                                   /* law: a settled job is not settled again */
    if
    :: ending == succeeds -> endAs(j, succeeded, countedSucceeded)
    :: ending != succeeds && (marked & B(j)) ->
      failures = (ending == is_tried_again || ending == fails_for_good -> failures - 1 : failures);
      endAs(j, cancelled, countedCancelled)
    :: ending == is_tried_again && !(marked & B(j)) -> failures--; putOff(j, true)
    :: ending == fails_for_good && !(marked & B(j)) -> failures--; endAs(j, dead, countedDead)
    :: ending == is_snoozed && !(marked & B(j)) -> snoozes--; putOff(j, false)
    fi
  :: else ->
#ifdef COUNTS_REFUSED
    countedSucceeded++
#endif
  fi;
  assert(BOOKS)                                                               /* law: the books balance */
}

/* A job that was put off and is pending still goes back for later; everything else is acknowledged. */
inline report(w) {
  if
  :: applied_ && (pending & B(J)) -> wstage[w] = PUT_OFF
  :: else -> wstage[w] = SETTLED
  fi
}
