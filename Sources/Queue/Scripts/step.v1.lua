-- A worker's one call: acknowledge what is settled, renew the lease, promote, reclaim, claim.
-- KEYS  1 index
-- ARGV  1 worker   2 epoch the worker knows ('' on its first call)   3 number of its last re-assertion   4 lease ttl in us   5 jobs wanted
--       6 window   7 most due entries
--       8 number n of settled ids, then n ids   next: number m of returned ids, then m times: id, delay in us (0 = to the head of its lane)
--       last: run_id
-- Returns {status, epoch, wait, lanes, refill}
--   status  'ok'; 'lost' or 'recovering': nothing was done; 'stranger': the index does not know the worker's lease (any more): nothing was done,
--           the worker must re-assert what it holds
--   wait    us until something may become ready, -1 when nothing is in sight; 0 when the claim was filled
--   lanes   flat: lane, {id, entry, id, entry, …}, …   an entry is an envelope (first-hand), '' (second-hand) or 'r' (reclaimed)
--   refill  flat: lane, dropped, jobs of it that the index has: granted to this worker for five seconds
local epoch, phase = enter(ARGV[#ARGV])
if not epoch then return { 'lost', '' } end
if phase ~= 'open' then return { 'recovering', epoch } end
local worker, ttl, want, window, mostDue = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if ARGV[2] ~= epoch or redis.call('HGET', P .. 'sessions', worker) ~= ARGV[3] or not redis.call('ZSCORE', P .. 'leases', worker) then return { 'stranger', epoch } end
local now = clock()
redis.call('ZADD', P .. 'leases', us(now + ttl), worker)

-- acknowledge: only what this worker still holds
local counts, at = {}, 9
local n = tonumber(ARGV[8])
local mine = worker .. '|'
local function heldLane(value)
  if value and string.sub(value, 1, #mine) == mine then
    local bar = string.find(value, '|', #mine + 1, true)
    return string.sub(value, bar + 1), string.sub(value, #mine + 1, bar - 1)
  end
end
if n > 0 then
  local held = redis.call('HMGET', P .. 'held', unpack(ARGV, at, at + n - 1))
  local gone = {}
  for i = 1, n do
    local lane = heldLane(held[i])
    if lane then
      counts[lane] = (counts[lane] or 0) + 1
      gone[#gone + 1] = ARGV[at + i - 1]
    end
  end
  if #gone > 0 then redis.call('HDEL', P .. 'held', unpack(gone)) end
  at = at + n
end
local m = tonumber(ARGV[at])
at = at + 1
for _ = 1, m do
  local id, delay = ARGV[at], tonumber(ARGV[at + 1])
  local lane, priority = heldLane(redis.call('HGET', P .. 'held', id))
  if lane then
    counts[lane] = (counts[lane] or 0) + 1
    redis.call('HDEL', P .. 'held', id)
    if delay == 0 then
      redis.call('ZADD', laneKey(lane), priority, id)
    elseif delay <= horizon and redis.call('ZCARD', P .. 'due') < mostDue then
      redis.call('ZADD', P .. 'due', us(now + delay), id)
      redis.call('HSET', P .. 'dues', id, priority .. '|' .. lane)
    end
  end
  at = at + 2
end
finish(counts, window, now)
promote(window, now)
reclaim(ttl, window, now)

-- claim: rounds over the lanes that may run, an equal share each, until the want is met or nothing is ready
local lanes, left = {}, want
local parts = {}
for _ = 1, 16 do
  if left <= 0 then break end
  local ready = redis.call('ZRANGEBYSCORE', P .. 'ready', '-inf', us(now), 'WITHSCORES', 'LIMIT', 0, math.min(left, 128))
  local visits = #ready / 2
  if visits == 0 then break end
  local share = math.ceil(left / visits)
  for v = 1, #ready, 2 do
    if left <= 0 then break end
    local lane, since = ready[v], tonumber(ready[v + 1])
    local s = stateOf(lane)
    local take = math.min(share, left)
    if not opening(s, now) or opening(s, now) > now then take = 0 end
    if s.limit > 0 then take = math.min(take, s.limit - s.running) end
    local start
    if s.interval > 0 and take > 0 then
      -- GCRA. A worker that comes late does not cost the lane a token: the time runs from when the lane was ready, at most half an interval back.
      start = math.max(s.tat, since, now - s.interval / 2)
      local tokens = math.floor(((s.burst - 1) * s.interval + now - start) / s.interval) + 1
      take = math.min(take, tokens)
    end
    local popped = take > 0 and redis.call('ZPOPMIN', laneKey(lane), take) or {}
    local got = #popped / 2
    if got > 0 then
      local ids = {}
      for i = 1, got do ids[i] = popped[2 * i - 1] end
      local envelopes = redis.call('HMGET', P .. 'jobs', unpack(ids))
      redis.call('HDEL', P .. 'jobs', unpack(ids))
      local part = parts[lane]
      if not part then
        part = {}
        parts[lane] = part
        lanes[#lanes + 1] = lane
        lanes[#lanes + 1] = part
      end
      local holds = {}
      for i = 1, got do
        holds[2 * i - 1] = ids[i]
        holds[2 * i] = mine .. popped[2 * i] .. '|' .. lane
        part[#part + 1] = ids[i]
        part[#part + 1] = envelopes[i] or ''
      end
      redis.call('HSET', P .. 'held', unpack(holds))
      redis.call('HINCRBY', stateKey(lane), 'running', got)
      s.running = s.running + got
      if start then
        s.tat = start + got * s.interval
        redis.call('HSET', stateKey(lane), 'tat', us(s.tat))
      end
      left = left - got
    end
    local count = redis.call('ZCARD', laneKey(lane))
    local next = opening(s, now)
    if count == 0 or not next then
      redis.call('ZREM', P .. 'ready', lane)
    else
      redis.call('ZADD', P .. 'ready', us(next), lane)
    end
    if s.over then wantsRefill(lane, count, window, now) end
  end
end

local wait = 0
if left > 0 then
  wait = -1
  local ready = redis.call('ZRANGE', P .. 'ready', 0, 0, 'WITHSCORES')
  local due = redis.call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
  local at = ready[2] and tonumber(ready[2])
  if due[2] and (not at or tonumber(due[2]) < at) then at = tonumber(due[2]) end
  if at then wait = math.max(1, at - now) end
end
if left > 0 then
  redis.call('SADD', P .. 'idle', worker)
else
  redis.call('SREM', P .. 'idle', worker)
  if left == 0 and redis.call('ZCARD', P .. 'ready') > 0 then wake() end
end

local refill = {}
local asks = redis.call('ZRANGEBYSCORE', P .. 'refill', '-inf', us(now), 'LIMIT', 0, 4)
for _, lane in ipairs(asks) do
  redis.call('ZADD', P .. 'refill', us(now + 5000000), lane)
  local s = stateOf(lane)
  refill[#refill + 1] = lane
  refill[#refill + 1] = s.dropped
  refill[#refill + 1] = s.running + redis.call('ZCARD', laneKey(lane))
end
return { 'ok', epoch, us(wait), lanes, refill }
