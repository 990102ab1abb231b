// Known mistakes, for the simulation to prove that it would see them: compiled with
// -DMUTANT=n the program makes mistake n of tests/sim/mutants.cmake. In products there is
// none: the constant folds away.

#ifndef ENGINE_MUTANT_H
#define ENGINE_MUTANT_H

#ifndef MUTANT
#define MUTANT 0
#endif

enum mutant {
    MUTANT_NONE,
    MUTANT_RETRY_EARLY,          // a retry starts up to 2 s before its wait is over
    MUTANT_TIMEOUT_IS_SUCCESS,   // no answer in time counts as received
    MUTANT_MANUAL_MOVES_STEP,    // a manual attempt eats one of the contract's
    MUTANT_LOCAL_MOVES_STEP,     // so does one that never reached the network
    MUTANT_NEWEST_FIRST,         // a lane serves what is due last
    MUTANT_RETRY_AFTER_MS,       // Retry-After's seconds are taken for milliseconds
    MUTANT_BEHIND_CLEARED_EARLY, // a claim that did not reach the end clears "behind"
    MUTANT_RELEASED_BEFORE_ACK,  // a delivery is forgotten before its settle is acknowledged
    MUTANT_ARRIVAL_DROPPED,      // one beyond the lane's memory is neither parked nor behind
    MUTANT_OLD_CARD,             // attempts go on with the card of before a change
    MUTANT_WINDOW_IGNORED,       // a lane sends all that is due
    MUTANT_WALL_DEADLINE,        // waits in hand follow the wall clock
    MUTANT_ACK_BEFORE_COMMIT,    // the store answers before the disk does
    MUTANT_STEP_RESET,           // a restart begins the schedule anew
    MUTANT_RETRY_DEDUPLICATED,   // a manual retry during an attempt is forgotten
    MUTANT_STALE_ACCEPTED,       // events planned under an old list of webhooks are taken
    MUTANT_ORDER_IGNORED,        // nobody of an order key waits for who came before
    MUTANT_HELD_FOREVER,         // who ends lets nobody go who waits behind
    MUTANT_CLOCK_FORGOTTEN,      // a start by a clock that was set back waits for the old one
    MUTANT_FAILING_FORGOTTEN,    // what fails for days is never disabled
    MUTANT_PACE_IGNORED,         // a webhook's limit per second is none
    MUTANT_RECOVERS_ALL,         // a job tries anew what a person had cancelled, too
    MUTANT_JOB_ENDS_EARLY,       // … or stops in the middle, and says that it is done
    MUTANT_RETENTION_DROPS_OPEN, // what is old goes, whether or not it has ended
    MUTANT_NOT_REWOUND,          // what a lane let go of is not claimed again
    MUTANT_PARKED_UNSEEN,        // nor what was parked before it came by
    MUTANTS
};

#define MUTANT_IS(name) (MUTANT == MUTANT_##name)

#endif
