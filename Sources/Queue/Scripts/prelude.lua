-- Shared by every script of the index; the loader puts this text in front of each one.
--
-- One queue shard is one hash slot: KEYS[1] is `v2:{<queue>.<shard>}:index`, every other key begins with the same tag and the epoch:
--   index           HASH  epoch, run (Redis run_id), phase (recovering|open), beat, touched (us), floor (highest refilled id of a lane that was let go)
--                         the queue: interval, burst, limit, strict (defaults of its lanes), fleet (jobs at once, 0 = no limit), paused
--   <e>:ready       ZSET  lane -> time (us) from which it may run; the only thing a claim scans
--   <e>:lane:<l>    ZSET  id -> priority: equal priorities sort by id, that is by age
--   <e>:again:<l>   ZSET  the same for its retries; a strict lane has one order and leaves this one empty
--   <e>:state:<l>   HASH  running, over (first attempts were left to the ledger), overr (retries were), dropped, cursor, parked, hold, ramp,
--                         behind, away (jobs with a key in the due set), turn; limits of its own: interval, burst, limit, strict
--   <e>:tat:<l>     STR   GCRA's theoretical arrival time (us); gone when it has passed
--   <e>:jobs        HASH  id -> envelope: first-hand; 'r': reclaimed. An id without an entry is second-hand
--   <e>:due         ZSET  id -> due (us);   <e>:dues  HASH id -> rank|lane
--   <e>:held        HASH  id -> worker, filler|rank|lane
--   <e>:keyof       HASH  id -> lane key, while the index has the id, waiting, due or held
--   <e>:heads       HASH  lane\0key -> the one id of that key that may run;   <e>:key:<lane>\0<key>  ZSET  those behind it
--   <e>:cancels     HASH  id -> worker that holds it and has to be told
--   <e>:leases      ZSET  worker -> expiry (us);   <e>:idle  SET of workers that wait to be woken
--   <e>:sessions    HASH  worker -> number of its last re-assertion: a call of an earlier one that arrives late is not taken
--   <e>:refill      ZSET  lane -> time (us) before which nobody else refills it;   <e>:granted  HASH lane -> who was told to
-- Envelopes are opaque here. No client's clock enters: `now` is the server's TIME.
-- Parked, paused: '0' or absent = no, '-1' = until told otherwise, else us since 1970. A rank is a priority, with an 'r' behind it for a retry.

local index = KEYS[1]
local base = string.sub(index, 1, -6)
local P
-- What is set for the queue: the defaults of its lanes, its jobs at once, its pause; and the leader's beat.
-- Read by `enter`.
local D

local function clock()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end

-- The due set holds the next minutes; what is due later stays in the ledger, whose leader promotes it.
local horizon = 600 * 1000000
-- How long a lane waits when the due set has no room for a retry that others of its key have to wait for.
local longestHold = 60 * 1000000
-- A rate forgives a worker that comes late by this much: no token is lost by the time between two calls.
local slack = 20000

local function us(value) return string.format('%.0f', value) end

-- The epoch and phase, or nil when the index is lost: no epoch, or another server than the one it was built on.
local function enter(run)
  local f = redis.call('HMGET', index, 'epoch', 'run', 'phase', 'interval', 'burst', 'limit', 'strict', 'fleet', 'paused', 'beat')
  if not f[1] or f[2] ~= run then return nil end
  P = base .. f[1] .. ':'
  D = { interval = f[4] or 0, burst = f[5] or 1, limit = f[6] or 0, strict = f[7] == '1', fleet = tonumber(f[8] or 0), paused = tonumber(f[9] or 0),
    beat = tonumber(f[10] or 0) }
  return f[1], f[3]
end

local function laneKey(lane) return P .. 'lane:' .. lane end
local function againKey(lane) return P .. 'again:' .. lane end
local function stateKey(lane) return P .. 'state:' .. lane end
local function slotOf(lane, key) return lane .. '\0' .. key end

-- What of a lane decides when it may run. Numbers, 0 where nothing is set.
local function stateOf(lane)
  local f = redis.call('HMGET', stateKey(lane), 'running', 'over', 'dropped', 'cursor', 'parked', 'hold', 'ramp', 'behind',
    'interval', 'burst', 'limit', 'strict', 'overr', 'away')
  local s = {
    running = tonumber(f[1] or 0), over = f[2] and true or false, dropped = tonumber(f[3] or 0), cursor = f[4] or '',
    parked = tonumber(f[5] or 0), hold = tonumber(f[6] or 0), ramp = tonumber(f[7] or 0), behind = tonumber(f[8] or 0),
    interval = tonumber(f[9] or D.interval), burst = tonumber(f[10] or D.burst), limit = tonumber(f[11] or D.limit),
    overRetries = f[13] and true or false, away = tonumber(f[14] or 0),
    owns = (f[9] or f[10] or f[11] or f[12]) and true or false, tat = 0,
  }
  if f[12] then s.strict = f[12] == '1' else s.strict = D.strict end
  if s.strict then s.limit = 1 end
  if s.interval > 0 then s.tat = tonumber(redis.call('GET', P .. 'tat:' .. lane) or 0) end
  return s
end

-- How many more of the lane's jobs may start at once, by its concurrency and by the slow start after a park.
local function room(s)
  local most = s.limit > 0 and s.limit or math.huge
  if s.ramp > 0 and s.ramp < most then most = s.ramp end
  return most - s.running
end

-- The time from which the lane may run, or nil while it is at its limit or parked without an end.
local function opening(s, now)
  if s.parked < 0 or room(s) <= 0 then return nil end
  local at = now
  if s.parked > at then at = s.parked end
  if s.hold > at then at = s.hold end
  if s.interval > 0 then
    local gate = s.tat - (s.burst - 1) * s.interval
    if gate > at then at = gate end
  end
  return at
end

-- Jobs of a lane that may be claimed, first attempts and retries; those behind the head of their key are not among them.
local function waitingIn(lane) return redis.call('ZCARD', laneKey(lane)), redis.call('ZCARD', againKey(lane)) end

-- Puts a lane of so many waiting jobs where it belongs: in the ready set while it has some and may run some time. A lane that is in keeps its place in
-- the round.
local function offer(lane, s, now, waiting)
  local at = opening(s, now)
  if not at or waiting == 0 then
    redis.call('ZREM', P .. 'ready', lane)
  elseif at > now then
    redis.call('ZADD', P .. 'ready', us(at), lane)
  else
    redis.call('ZADD', P .. 'ready', 'NX', us(at), lane)
  end
end

-- An overflowing lane at or under half its window asks for a refill; retries have half a window of their own.
local function wantsRefill(lane, s, window, now, firsts, retries)
  if (s.over and firsts + s.behind <= window / 2) or (s.overRetries and retries <= window / 4) then
    redis.call('ZADD', P .. 'refill', 'NX', us(now), lane)
  end
end

-- Jobs of a lane were left to the ledger: marked, and counted so that a refill that has read before cannot miss them.
local function leave(lane, s, firsts, retries)
  if firsts > 0 then s.over = true; redis.call('HSET', stateKey(lane), 'over', '1') end
  if retries > 0 then s.overRetries = true; redis.call('HSET', stateKey(lane), 'overr', '1') end
  redis.call('HINCRBY', stateKey(lane), 'dropped', firsts + retries)
end

-- Flags those of the ids that the hash has. Redis may keep up to 512 fields as a list, through all of which each look goes: then it is read once.
local function flag(flags, ids, hash)
  local count = redis.call('HLEN', hash)
  if count == 0 then return end
  if count <= 512 and #ids > 16 then
    local present = {}
    for _, field in ipairs(redis.call('HKEYS', hash)) do present[field] = true end
    for i = 1, #ids do flags[i] = flags[i] or present[ids[i]] end
  else
    local values = redis.call('HMGET', hash, unpack(ids))
    for i = 1, #ids do flags[i] = flags[i] or values[i] end
  end
end

-- Which of the ids the index already has, waiting in this lane, held or due: something true for each one that it has.
local function known(lane, ids)
  local flags = redis.call('ZMSCORE', laneKey(lane), unpack(ids))
  if redis.call('EXISTS', againKey(lane)) == 1 then
    local again = redis.call('ZMSCORE', againKey(lane), unpack(ids))
    for i = 1, #ids do flags[i] = flags[i] or again[i] end
  end
  flag(flags, ids, P .. 'held')
  flag(flags, ids, P .. 'dues')
  flag(flags, ids, P .. 'keyof')
  return flags
end

local function rankOf(text)
  if string.sub(text, -1) == 'r' then return string.sub(text, 1, -2), true end
  return text, false
end

local function put(lane, s, id, priority, isRetry)
  redis.call('ZADD', (isRetry and not s.strict) and againKey(lane) or laneKey(lane), priority, id)
end

local function comesBefore(priority, id, otherPriority, other)
  priority, otherPriority = tonumber(priority), tonumber(otherPriority)
  return priority < otherPriority or (priority == otherPriority and id < other)
end

local function moveBehind(lane, slot, id, priority, by)
  if by > 0 then redis.call('ZADD', P .. 'key:' .. slot, priority, id) else redis.call('ZREM', P .. 'key:' .. slot, id) end
  redis.call('HINCRBY', stateKey(lane), 'behind', by)
end

-- Puts an id into its lane. One with a key goes behind the head of the key, unless it comes before a head that has not begun.
local function place(lane, s, id, priority, isRetry, key)
  if key == '' then return put(lane, s, id, priority, isRetry) end
  local slot = slotOf(lane, key)
  redis.call('HSET', P .. 'keyof', id, key)
  local head = redis.call('HGET', P .. 'heads', slot)
  if not head or head == id then
    local first = redis.call('ZRANGE', P .. 'key:' .. slot, 0, 0, 'WITHSCORES')
    if first[1] and comesBefore(first[2], first[1], priority, id) then
      moveBehind(lane, slot, first[1], first[2], -1)
      moveBehind(lane, slot, id, priority, 1)
      id, priority, isRetry = first[1], first[2], false
    end
    redis.call('HSET', P .. 'heads', slot, id)
    return put(lane, s, id, priority, isRetry)
  end
  local waiting = redis.call('ZSCORE', laneKey(lane), head) or redis.call('ZSCORE', againKey(lane), head)
  if waiting and comesBefore(priority, id, waiting, head) then
    redis.call('ZREM', laneKey(lane), head)
    redis.call('ZREM', againKey(lane), head)
    moveBehind(lane, slot, head, waiting, 1)
    redis.call('HSET', P .. 'heads', slot, id)
    return put(lane, s, id, priority, isRetry)
  end
  moveBehind(lane, slot, id, priority, 1)
end

-- Puts an id with a key into its lane, and any other one to those that go into the lane together.
local function gather(members, retries, lane, s, id, priority, isRetry, key)
  if key ~= '' then return place(lane, s, id, priority, isRetry, key) end
  local group = isRetry and retries or members
  group[#group + 1] = priority
  group[#group + 1] = id
end

-- An id has left the index for good: the next one of its key takes its place.
local function passOn(lane, id)
  local key = redis.call('HGET', P .. 'keyof', id)
  if not key then return end
  redis.call('HDEL', P .. 'keyof', id)
  local slot = slotOf(lane, key)
  if redis.call('HGET', P .. 'heads', slot) ~= id then
    if redis.call('ZREM', P .. 'key:' .. slot, id) == 1 then redis.call('HINCRBY', stateKey(lane), 'behind', -1) end
    return
  end
  local first = redis.call('ZPOPMIN', P .. 'key:' .. slot)
  if first[1] then
    redis.call('HINCRBY', stateKey(lane), 'behind', -1)
    redis.call('HSET', P .. 'heads', slot, first[1])
    redis.call('ZADD', laneKey(lane), first[2], first[1])
  else
    redis.call('HDEL', P .. 'heads', slot)
  end
end

-- Adds ids to a lane in the order given. With an envelope and leave to trust it an entry is first-hand; every other one is second-hand and
-- must be new to the index. In a strict lane all are, since the ledger is asked whether they are first. What the window does not take is left
-- to the ledger.
local function add(lane, ids, ranks, keys, envelopes, trusted, window, now)
  local s = stateOf(lane)
  trusted = trusted and not s.strict
  local floor = trusted and redis.call('HGET', index, 'floor') or ''
  local limit = (floor or '') > s.cursor and floor or s.cursor
  local free = s.over and 0 or window - redis.call('ZCARD', laneKey(lane)) - s.behind
  local freeRetries = s.overRetries and 0 or window / 2 - redis.call('ZCARD', againKey(lane))
  local secondHand, flags = {}, nil
  local first = {}
  for i = 1, #ids do
    first[i] = trusted and envelopes[i] ~= '' and ids[i] > limit
    if not first[i] then secondHand[#secondHand + 1] = ids[i] end
  end
  if #secondHand > 0 then flags = known(lane, secondHand) end
  local members, retries, entries, left, leftRetries, second, added = {}, {}, {}, 0, 0, 0, 0
  for i = 1, #ids do
    local isKnown = false
    if not first[i] then second = second + 1; isKnown = flags[second] end
    local priority, isRetry = rankOf(ranks[i])
    isRetry = isRetry and not s.strict
    if isKnown then
      -- nothing to do: it is on its way
    elseif isRetry and freeRetries <= 0 then
      leftRetries = leftRetries + 1
    elseif not isRetry and free <= 0 then
      left = left + 1
    else
      if isRetry then freeRetries = freeRetries - 1 else free = free - 1 end
      added = added + 1
      gather(members, retries, lane, s, ids[i], priority, isRetry, keys[i])
      if first[i] then
        entries[#entries + 1] = ids[i]
        entries[#entries + 1] = envelopes[i]
      end
    end
  end
  if #members > 0 then redis.call('ZADD', laneKey(lane), unpack(members)) end
  if #retries > 0 then redis.call('ZADD', againKey(lane), unpack(retries)) end
  if #entries > 0 then redis.call('HSET', P .. 'jobs', unpack(entries)) end
  if left + leftRetries > 0 then leave(lane, s, left, leftRetries) end
  local firsts, again = waitingIn(lane)
  wantsRefill(lane, s, window, now, firsts, again)
  if firsts + again > 0 then offer(lane, s, now, firsts + again) end
  return added
end

-- Wakes one waiting worker; it wakes the next when it leaves work behind.
local function wake()
  local worker = redis.call('SPOP', P .. 'idle')
  if worker then redis.call('PUBLISH', base .. 'wake:' .. worker, '1') end
end

-- Moves what is due into the lanes, second-hand. Bounded: the rest is promoted by the next call.
local function promote(window, now)
  local ids = redis.call('ZRANGEBYSCORE', P .. 'due', '-inf', us(now), 'LIMIT', 0, 256)
  if #ids == 0 then return 0 end
  local places = redis.call('HMGET', P .. 'dues', unpack(ids))
  local keys = redis.call('HMGET', P .. 'keyof', unpack(ids))
  redis.call('ZREM', P .. 'due', unpack(ids))
  redis.call('HDEL', P .. 'dues', unpack(ids))
  local lanes, order = {}, {}
  for i = 1, #ids do
    if places[i] then
      local bar = string.find(places[i], '|', 1, true)
      local lane, rank = string.sub(places[i], bar + 1), string.sub(places[i], 1, bar - 1)
      if keys[i] then redis.call('HINCRBY', stateKey(lane), 'away', -1) end
      if keys[i] and redis.call('HGET', P .. 'heads', slotOf(lane, keys[i])) == ids[i] then
        -- Others of its key wait for it: it comes back whatever the window has.
        local s, priority, isRetry = stateOf(lane), rankOf(rank)
        place(lane, s, ids[i], priority, isRetry, keys[i])
        offer(lane, s, now, 1)
      else
        if keys[i] then redis.call('HDEL', P .. 'keyof', ids[i]) end
        local group = lanes[lane]
        if not group then group = { ids = {}, ranks = {}, keys = {} }; lanes[lane] = group; order[#order + 1] = lane end
        group.ids[#group.ids + 1] = ids[i]
        group.ranks[#group.ranks + 1] = rank
        group.keys[#group.keys + 1] = keys[i] or ''
      end
    end
  end
  for _, lane in ipairs(order) do add(lane, lanes[lane].ids, lanes[lane].ranks, lanes[lane].keys, nil, false, window, now) end
  return #ids
end

-- Lets go of a lane that has nothing left and no limits of its own; the shard's floor keeps its cursor.
local function letGo(lane, s)
  if s.running > 0 or s.over or s.overRetries or s.owns or s.parked ~= 0 or s.hold ~= 0 or s.ramp > 0 or s.behind > 0 or s.away > 0 then return end
  local floor = redis.call('HGET', index, 'floor') or ''
  if s.cursor > floor then redis.call('HSET', index, 'floor', s.cursor) end
  redis.call('DEL', stateKey(lane))
end

-- A slow start has reached its end when nothing would notice it any more.
local longestRamp = 64

-- How long a lane that has come back waits after its first job has failed, so that who judges it has time to hold it again: without this a receiver
-- that is down would be tried with one waiting job after the other.
local longestProbe = 3 * 1000000

-- A job of the lane has failed. While the lane starts with one job at a time, that one was a probe.
local function probed(lane, now)
  local f = redis.call('HMGET', stateKey(lane), 'ramp', 'hold')
  if f[1] == '1' and tonumber(f[2] or 0) < now + longestProbe then redis.call('HSET', stateKey(lane), 'hold', us(now + longestProbe)) end
end

-- Takes ids back from the lanes' running counts. `ended` are those among them that came to an end: they let a slow start grow, which doubles
-- it with every round.
local function finish(counts, ended, window, now)
  for lane, n in pairs(counts) do
    local running = redis.call('HINCRBY', stateKey(lane), 'running', -n)
    if running < 0 then redis.call('HSET', stateKey(lane), 'running', '0') end
    local s = stateOf(lane)
    if s.ramp > 0 and (ended[lane] or 0) > 0 and s.parked >= 0 and s.parked <= now then
      s.ramp = s.ramp + ended[lane]
      if s.ramp > longestRamp or (s.limit > 0 and s.ramp >= s.limit) then
        s.ramp = 0
        redis.call('HDEL', stateKey(lane), 'ramp')
      else
        redis.call('HSET', stateKey(lane), 'ramp', us(s.ramp))
      end
    end
    if s.parked > 0 and s.parked <= now then s.parked = 0; redis.call('HDEL', stateKey(lane), 'parked') end
    if s.hold > 0 and s.hold <= now then s.hold = 0; redis.call('HDEL', stateKey(lane), 'hold') end
    local firsts, retries = waitingIn(lane)
    wantsRefill(lane, s, window, now, firsts, retries)
    if firsts + retries > 0 then offer(lane, s, now, firsts + retries) else letGo(lane, s) end
  end
end

-- What `held` has of a job begins with its worker. With values of more than 64 bytes the hash is a table from its first field on, never a list.
local filler = string.rep(' ', 64)
local function ownedBy(worker) return worker .. filler .. '|' end

local function splitHeld(value)
  local bar = string.find(value, '|', 1, true)
  local second = string.find(value, '|', bar + 1, true)
  return string.sub(value, 1, bar - 1 - #filler), string.sub(value, bar + 1, second - 1), string.sub(value, second + 1)
end

-- Gives a held id back to the head of its lane.
local function release(id, rank, lane)
  local priority, isRetry = rankOf(rank)
  redis.call('HDEL', P .. 'held', id)
  place(lane, stateOf(lane), id, priority, isRetry, redis.call('HGET', P .. 'keyof', id) or '')
end

-- Returns the jobs of workers whose lease has run out to the head of their lanes, marked so that the ledger moves their attempt on.
-- When nobody at all has been here for half a lease, it was the index that was away, not the workers: every lease starts anew.
local function reclaim(ttl, window, now)
  local touched = tonumber(redis.call('HGET', index, 'touched') or 0)
  redis.call('HSET', index, 'touched', us(now))
  if now - touched > ttl / 2 then
    for _, worker in ipairs(redis.call('ZRANGE', P .. 'leases', 0, -1)) do redis.call('ZADD', P .. 'leases', us(now + ttl), worker) end
    return 0
  end
  local dead = redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', us(now), 'LIMIT', 0, 1000)
  if #dead == 0 then return 0 end
  local isDead = {}
  for _, worker in ipairs(dead) do isDead[worker] = true end
  redis.call('ZREM', P .. 'leases', unpack(dead))
  redis.call('SREM', P .. 'idle', unpack(dead))
  redis.call('HDEL', P .. 'sessions', unpack(dead))
  local held = redis.call('HGETALL', P .. 'held')
  local counts, moved = {}, 0
  for i = 1, #held, 2 do
    local worker, rank, lane = splitHeld(held[i + 1])
    if isDead[worker] then
      release(held[i], rank, lane)
      redis.call('HSET', P .. 'jobs', held[i], 'r')
      redis.call('HDEL', P .. 'cancels', held[i])
      counts[lane] = (counts[lane] or 0) + 1
      moved = moved + 1
    end
  end
  finish(counts, {}, window, now)
  return moved
end

-- The lanes that want more from the ledger, at most `most`, each granted to the caller for five seconds. Flat: lane, dropped, how many rows to read:
-- what the index has of the lane stands in front and is read again, and what it has room for comes behind.
local function grantRefills(before, most, window, now, who)
  local refill = {}
  for _, lane in ipairs(redis.call('ZRANGEBYSCORE', P .. 'refill', '-inf', us(before), 'LIMIT', 0, most)) do
    redis.call('ZADD', P .. 'refill', us(now + 5000000), lane)
    redis.call('HSET', P .. 'granted', lane, who)
    local s = stateOf(lane)
    local firsts, retries = waitingIn(lane)
    local free = math.max(0, s.over and window - firsts - s.behind or 0, s.overRetries and window / 2 - retries or 0)
    refill[#refill + 1] = lane
    refill[#refill + 1] = s.dropped
    refill[#refill + 1] = s.running + s.behind + s.away + firsts + retries + math.ceil(free)
  end
  return refill
end
