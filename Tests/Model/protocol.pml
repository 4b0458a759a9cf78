/*
 * Claim, settle, refill, rebuild: the protocol of Voicera's queue, for spin. Tests/Model/protocol.py has the configurations and the broken variants.
 *
 * One d_step is one Redis script, one SQL statement or one thing that a process does alone: nothing comes between its parts in the real system either.
 */
#include "bounds.pml"
#include "switches.pml"
#include "ledger.pml"
#include "index.pml"
#include "laws.pml"
#include "intake.pml"
#include "operator.pml"
#include "settlement.pml"
#include "worker.pml"
#include "keeper.pml"
#include "faults.pml"

init {
  d_step {
    ix.phase = OPEN; ix.epoch = 1; ix.leases = B(WORKERS) - 1; ix.limited = (LIMIT -> 1 : 0); opened = B(1);
    k_ = 0;
    do
    :: k_ < WORKERS -> wepoch[k_] = 1; wsession[k_] = 1; ix.session[k_] = 1; k_++
    :: else -> break
    od;
    leader = 1; lastLeader = 1; term = 1
  }
  atomic {
    run Api(); run Worker(0); run Refiller();
#if WORKERS > 1
    run Worker(1);
#endif
#if REFILLERS > 1
    run Refiller();
#endif
    run Sweep(); run Upkeep(); run Scheduler(0);
#if SCHEDULERS > 1
    run Scheduler(1);
#endif
#if CANCELS || PARKS
    run Operator();
#endif
#if FLUSHES || SNAPSHOTS || DEATHS || LAPSES || SILENCES
    run Faults();
#endif
    skip
  }
}
