"""Ways to break the index's scripts, each of which the model must find: a name, a file, what it says, what it says then, and which worlds show it soonest."""

VARIANTS = [
    ('a refill does not look at what is held', 'refilled.v2', 'if not flags[i] then\n        place', 'if true then\n        place', ''),
    ('a push below the cursor is first-hand', 'prelude', "and envelopes[i] ~= '' and ids[i] > limit", "and envelopes[i] ~= ''", '--lanes plain --faults late,lost,api'),
    ('a refill does not see what was left out meanwhile', 'refilled.v2', 'local isCurrent = s.dropped == dropped', 'local isCurrent = true', '--faults='),
    ('a claim does not look at what runs', 'step.v2', 'math.min(share, left, room(s))', 'math.min(share, left)', ''),
    ('a claim does not look at the fleet', 'step.v2', 'if fleet > 0 then', 'if false then', ''),
    ('a slow start is none', 'prelude', 'if s.ramp > 0 and s.ramp < most then', 'if false then', ''),
    ('a park is none', 'prelude', "if s.parked > at then at = s.parked end", '', ''),
    ('an earlier job of a key stays behind', 'prelude', 'if waiting and comesBefore(priority, id, waiting, head) then', 'if false then', ''),
    ('a lane does not wait for its first job', 'prelude', 'if s.hold > at then at = s.hold end', '', '--lanes strict --faults='),
    ('a key ends with its head', 'step.v2', 'if hasKeys then passOn', 'if false then passOn', ''),
    ('a re-assertion does not take its place in its key', 'reassert.v2', "if key ~= '' then assume", 'if false then assume', '--lanes keyed --faults flush,pause'),
    ('a step of an earlier session is taken', 'step.v2', "or redis.call('HGET', P .. 'sessions', worker) ~= ARGV[3]", '', '--lanes plain --faults late,lost'),
    ('what has to come first finds no room', 'enqueue.v2', 'elseif delay < 0 and phase', "elseif false and phase", ''),
    ('a job is cancelled before its worker was heard', 'cancel.v2', "if not epoch or phase ~= 'open' then", 'if not epoch then', ''),
    ('a cancelled lane is not refilled', 'cancel.v2', 'wantsRefill(lane, s, window, now)', '', ''),
    ('a delayed job loses its key', 'enqueue.v2', "if key ~= '' then", 'if false then', '--lanes keyed --faults='),
    ('a refill in vain is asked for again at once', 'refilled.v2', '(added == 0 and isCurrent) and now + 200000 or now', 'now', '--lanes plain --faults unsettled'),
]
