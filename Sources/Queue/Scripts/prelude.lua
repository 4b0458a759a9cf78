-- Shared by every script of the index; the loader puts this text in front of each one.
--
-- One queue shard is one hash slot: KEYS[1] is `v1:{<queue>.<shard>}:index`, every other key begins with the same tag and the epoch:
--   index           HASH  epoch, run (Redis run_id), phase (recovering|open), beat, touched (us), floor (highest refilled id of a lane that was let go)
--   <e>:ready       ZSET  lane -> time (us) from which it may run; the only thing a claim scans
--   <e>:lane:<l>    ZSET  id -> priority: equal priorities sort by id, that is by age
--   <e>:state:<l>   HASH  running, over, dropped, cursor, interval, burst, limit, tat, parked
--   <e>:jobs        HASH  id -> envelope: first-hand; 'r': reclaimed. An id without an entry is second-hand
--   <e>:due         ZSET  id -> due (us);   <e>:dues  HASH id -> priority|lane
--   <e>:held        HASH  id -> worker|priority|lane
--   <e>:leases      ZSET  worker -> expiry (us);   <e>:idle  SET of workers that wait to be woken
--   <e>:sessions    HASH  worker -> number of its last re-assertion: a call of an earlier one that arrives late is not taken
--   <e>:refill      ZSET  lane -> time (us) before which nobody else refills it
-- Envelopes are opaque here. No client's clock enters: `now` is the server's TIME.
-- Parked: '0' or absent = no, '-1' = until un-parked, else us since 1970.

local index = KEYS[1]
local base = string.sub(index, 1, -6)
local P

local function clock()
  local t = redis.call('TIME')
  return tonumber(t[1]) * 1000000 + tonumber(t[2])
end

-- The due set holds the next minutes; what is due later stays in the ledger, whose leader promotes it.
local horizon = 600 * 1000000

local function us(value) return string.format('%.0f', value) end

-- The epoch and phase, or nil when the index is lost: no epoch, or another server than the one it was built on.
local function enter(run)
  local f = redis.call('HMGET', index, 'epoch', 'run', 'phase')
  if not f[1] or f[2] ~= run then return nil end
  P = base .. f[1] .. ':'
  return f[1], f[3]
end

local function laneKey(lane) return P .. 'lane:' .. lane end
local function stateKey(lane) return P .. 'state:' .. lane end

-- What of a lane decides when it may run. Numbers, 0 where nothing is set.
local function stateOf(lane)
  local f = redis.call('HMGET', stateKey(lane), 'running', 'over', 'dropped', 'cursor', 'interval', 'burst', 'limit', 'tat', 'parked')
  return {
    running = tonumber(f[1] or 0), over = f[2] and true or false, dropped = tonumber(f[3] or 0), cursor = f[4] or '',
    interval = tonumber(f[5] or 0), burst = tonumber(f[6] or 1), limit = tonumber(f[7] or 0), tat = tonumber(f[8] or 0), parked = tonumber(f[9] or 0),
  }
end

-- The time from which the lane may run, or nil while it is at its limit or parked without an end.
local function opening(s, now)
  if s.parked < 0 or (s.limit > 0 and s.running >= s.limit) then return nil end
  local at = now
  if s.parked > at then at = s.parked end
  if s.interval > 0 then
    local gate = s.tat - (s.burst - 1) * s.interval
    if gate > at then at = gate end
  end
  return at
end

-- Puts the lane where it belongs: in the ready set while it has jobs and may run some time. A lane that is in keeps its place in the round.
local function offer(lane, s, now)
  local at = opening(s, now)
  if not at or redis.call('ZCARD', laneKey(lane)) == 0 then
    redis.call('ZREM', P .. 'ready', lane)
  else
    local present = redis.call('ZSCORE', P .. 'ready', lane)
    if not present or at > now then redis.call('ZADD', P .. 'ready', us(at), lane) end
  end
end

-- An overflowing lane at or under half its window asks for a refill.
local function wantsRefill(lane, count, window, now)
  if count <= window / 2 then redis.call('ZADD', P .. 'refill', 'NX', us(now), lane) end
end

-- Which of the ids the index already has, waiting in this lane, held or due: one flag an id.
local function known(lane, ids)
  local held = redis.call('HMGET', P .. 'held', unpack(ids))
  local dues = redis.call('HMGET', P .. 'dues', unpack(ids))
  local waiting = redis.call('ZMSCORE', laneKey(lane), unpack(ids))
  local flags = {}
  for i = 1, #ids do flags[i] = (held[i] or dues[i] or waiting[i]) and true or false end
  return flags
end

-- Adds ids to a lane in the order given. With an envelope and leave to trust it an entry is first-hand; every other one is second-hand and
-- must be new to the index. What the window does not take is left to the ledger: marked and counted, so that a refill cannot miss it.
local function add(lane, ids, priorities, envelopes, trusted, window, now)
  local s = stateOf(lane)
  local floor = trusted and redis.call('HGET', index, 'floor') or ''
  local limit = (floor or '') > s.cursor and floor or s.cursor
  local count = redis.call('ZCARD', laneKey(lane))
  local room = s.over and 0 or window - count
  local secondHand, flags = {}, nil
  local first = {}
  for i = 1, #ids do
    first[i] = trusted and envelopes[i] ~= '' and ids[i] > limit
    if not first[i] then secondHand[#secondHand + 1] = ids[i] end
  end
  if #secondHand > 0 then flags = known(lane, secondHand) end
  local members, entries, left, second = {}, {}, 0, 0
  for i = 1, #ids do
    local isKnown = false
    if not first[i] then second = second + 1; isKnown = flags[second] end
    if isKnown then
      -- nothing to do: it is on its way
    elseif room <= 0 then
      left = left + 1
    else
      room = room - 1
      members[#members + 1] = priorities[i]
      members[#members + 1] = ids[i]
      if first[i] then
        entries[#entries + 1] = ids[i]
        entries[#entries + 1] = envelopes[i]
      end
    end
  end
  if #members > 0 then
    redis.call('ZADD', laneKey(lane), unpack(members))
    if #entries > 0 then redis.call('HSET', P .. 'jobs', unpack(entries)) end
    count = count + #members / 2
  end
  if left > 0 then
    redis.call('HSET', stateKey(lane), 'over', '1')
    redis.call('HINCRBY', stateKey(lane), 'dropped', left)
  end
  if left > 0 or s.over then wantsRefill(lane, count, window, now) end
  if count > 0 then offer(lane, s, now) end
  return #members / 2
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
  redis.call('ZREM', P .. 'due', unpack(ids))
  redis.call('HDEL', P .. 'dues', unpack(ids))
  local lanes, order = {}, {}
  for i = 1, #ids do
    if places[i] then
      local bar = string.find(places[i], '|', 1, true)
      local lane = string.sub(places[i], bar + 1)
      local group = lanes[lane]
      if not group then group = { ids = {}, priorities = {} }; lanes[lane] = group; order[#order + 1] = lane end
      group.ids[#group.ids + 1] = ids[i]
      group.priorities[#group.priorities + 1] = string.sub(places[i], 1, bar - 1)
    end
  end
  for _, lane in ipairs(order) do add(lane, lanes[lane].ids, lanes[lane].priorities, nil, false, window, now) end
  return #ids
end

-- Lets go of a lane that has nothing left and no limits of its own; the shard's floor keeps its cursor.
local function letGo(lane, s)
  if s.running > 0 or s.over or s.limit > 0 or s.interval > 0 or s.parked ~= 0 then return end
  local floor = redis.call('HGET', index, 'floor') or ''
  if s.cursor > floor then redis.call('HSET', index, 'floor', s.cursor) end
  redis.call('DEL', stateKey(lane))
end

-- Takes ids back from the lanes' running counts.
local function finish(counts, window, now)
  for lane, n in pairs(counts) do
    local running = redis.call('HINCRBY', stateKey(lane), 'running', -n)
    if running < 0 then running = 0; redis.call('HSET', stateKey(lane), 'running', '0') end
    local s = stateOf(lane)
    local count = redis.call('ZCARD', laneKey(lane))
    if s.over then wantsRefill(lane, count, window, now) end
    if count > 0 then offer(lane, s, now) else letGo(lane, s) end
  end
end

local function splitHeld(value)
  local bar = string.find(value, '|', 1, true)
  local second = string.find(value, '|', bar + 1, true)
  return string.sub(value, 1, bar - 1), string.sub(value, bar + 1, second - 1), string.sub(value, second + 1)
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
    local worker, priority, lane = splitHeld(held[i + 1])
    if isDead[worker] then
      redis.call('HDEL', P .. 'held', held[i])
      redis.call('ZADD', laneKey(lane), priority, held[i])
      redis.call('HSET', P .. 'jobs', held[i], 'r')
      counts[lane] = (counts[lane] or 0) + 1
      moved = moved + 1
    end
  end
  finish(counts, window, now)
  return moved
end
