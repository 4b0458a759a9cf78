-- A worker's one call: acknowledge what is settled, renew the lease, promote, reclaim, claim.
-- KEYS  1 index
-- ARGV  1 worker   2 epoch the worker knows ('' on its first call)   3 number of its last re-assertion   4 lease ttl in us   5 jobs wanted
--       6 window   7 most due entries
--       8 number n of settled ids, then n ids   next: number m of returned ids, then m times: id, delay in us (0 = to the head of its lane),
--       'r' when it has failed and comes back as a retry, else ''
--       then the highest beat of this epoch that the worker knows    last: run_id
-- Returns {status, epoch, wait, lanes, refill, cancels, beat}
--   status  'ok'; 'lost' or 'recovering': nothing was done; 'stranger': the index does not know the worker's lease (any more): nothing was done,
--           the worker must re-assert what it holds
--   wait    us until something may become ready, -1 when nothing is in sight; 0 when the claim was filled
--   lanes   flat: lane, 1 when it is strict, {id, entry, id, entry, …}, …   an entry is an envelope (first-hand), a rank (second-hand), or
--           'r' and a rank (reclaimed)
--   refill  flat: lane, dropped, rows to read of it: granted to this worker for five seconds
--   cancels ids that the worker holds and is to cancel; each is said once
local epoch, phase = enter(ARGV[#ARGV])
if not epoch then return { 'lost', '' } end
if ARGV[2] == epoch and D.beat < tonumber(ARGV[#ARGV - 1]) then
  -- An older copy was put back under a server that went on: what it has was given out long ago. Nobody else is to find it usable.
  redis.call('DEL', index)
  return { 'lost', '' }
end
if phase ~= 'open' then return { 'recovering', epoch } end
local worker, ttl, want, window, mostDue = ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[5]), tonumber(ARGV[6]), tonumber(ARGV[7])
if ARGV[2] ~= epoch or redis.call('HGET', P .. 'sessions', worker) ~= ARGV[3] or not redis.call('ZSCORE', P .. 'leases', worker) then return { 'stranger', epoch } end
local now = clock()
redis.call('ZADD', P .. 'leases', us(now + ttl), worker)

-- acknowledge: only what this worker still holds
local counts, ended, at = {}, {}, 9
local n = tonumber(ARGV[8])
local mine = ownedBy(worker)
local function heldLane(value)
  if value and string.sub(value, 1, #mine) == mine then
    local bar = string.find(value, '|', #mine + 1, true)
    return string.sub(value, bar + 1), string.sub(value, #mine + 1, bar - 1)
  end
end
if n > 0 then
  local held = redis.call('HMGET', P .. 'held', unpack(ARGV, at, at + n - 1))
  local hasKeys = redis.call('EXISTS', P .. 'keyof') == 1
  local gone = {}
  for i = 1, n do
    local lane = heldLane(held[i])
    if lane then
      counts[lane] = (counts[lane] or 0) + 1
      ended[lane] = (ended[lane] or 0) + 1
      gone[#gone + 1] = ARGV[at + i - 1]
      if hasKeys then passOn(lane, ARGV[at + i - 1]) end
    end
  end
  if #gone > 0 then redis.call('HDEL', P .. 'held', unpack(gone)) end
  at = at + n
end
local m = tonumber(ARGV[at])
at = at + 1
for _ = 1, m do
  local id, delay = ARGV[at], tonumber(ARGV[at + 1])
  local lane, rank = heldLane(redis.call('HGET', P .. 'held', id))
  if lane then
    counts[lane] = (counts[lane] or 0) + 1
    if ARGV[at + 2] == 'r' then
      rank = rankOf(rank) .. 'r'
      probed(lane, now)
    end
    if delay == 0 then
      release(id, rank, lane)
    else
      local s, key = stateOf(lane), redis.call('HGET', P .. 'keyof', id)
      local fits = redis.call('ZCARD', P .. 'due') < mostDue
      if s.strict or (key and not fits) then
        -- What comes after it has to wait for it: it stays where it is, and the lane waits.
        release(id, rank, lane)
        local hold = s.strict and delay or math.min(delay, longestHold)
        if now + hold > s.hold then redis.call('HSET', stateKey(lane), 'hold', us(now + hold)) end
      else
        redis.call('HDEL', P .. 'held', id)
        if fits and (key or delay <= horizon) then
          redis.call('ZADD', P .. 'due', us(now + delay), id)
          redis.call('HSET', P .. 'dues', id, rank .. '|' .. lane)
          if key then redis.call('HINCRBY', stateKey(lane), 'away', 1) end
        end
      end
    end
  end
  at = at + 3
end
finish(counts, ended, window, now)
promote(window, now)
reclaim(ttl, window, now)

-- what the queue as a whole allows
local fleet, paused = D.fleet, D.paused
local isPaused = paused < 0 or paused > now
local left = isPaused and 0 or want
if fleet > 0 then left = math.max(0, math.min(left, fleet - redis.call('HLEN', P .. 'held'))) end
local allowed = left

-- claim: rounds over the lanes that may run, an equal share each, until the want is met or nothing is ready
local lanes, parts = {}, {}
-- What was taken from the lanes, side by side: ids, where each is said to the worker, its rank, its lane.
local taken, said, ranks, from = {}, {}, {}, {}
local function pop(lane, s, key, count, suffix)
  if count <= 0 then return 0 end
  local popped = redis.call('ZPOPMIN', key, count)
  local size = #popped / 2
  if size == 0 then return 0 end
  local part = parts[lane]
  if not part then
    part = {}
    parts[lane] = part
    lanes[#lanes + 1] = lane
    lanes[#lanes + 1] = s.strict and 1 or 0
    lanes[#lanes + 1] = part
  end
  for i = 1, size do
    local n = #taken + 1
    taken[n], ranks[n], from[n] = popped[2 * i - 1], popped[2 * i] .. suffix, lane
    said[n] = { part = part, at = #part + 2, strict = s.strict }
    part[#part + 1] = taken[n]
    part[#part + 1] = ranks[n]
  end
  return size
end
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
    local firsts, retries = waitingIn(lane)
    local open = opening(s, now)
    local take = (open and open <= now) and math.min(share, left, room(s)) or 0
    local start
    if s.interval > 0 and take > 0 then
      -- GCRA. A worker that comes late does not cost the lane a token: the time runs from when the lane was ready, at most so far back.
      start = math.max(s.tat, since, now - math.max(s.interval / 2, slack))
      local tokens = math.floor(((s.burst - 1) * s.interval + now - start) / s.interval) + 1
      take = math.min(take, tokens)
    end
    if take > 0 then
      local again = 0
      if retries > 0 and s.strict then
        -- They failed before the lane was strict.
        redis.call('ZUNIONSTORE', laneKey(lane), 2, laneKey(lane), againKey(lane))
        redis.call('DEL', againKey(lane))
        firsts, retries = firsts + retries, 0
      elseif retries > 0 then
        -- Half for either, the odd one by turns; what one side does not use is the other's.
        again = math.floor(take / 2)
        if take % 2 == 1 and redis.call('HINCRBY', stateKey(lane), 'turn', 1) % 2 == 1 then again = again + 1 end
        again = math.min(retries, math.max(again, take - firsts))
      end
      local popped = pop(lane, s, laneKey(lane), take - again, '')
      again = pop(lane, s, againKey(lane), again, 'r')
      firsts, retries = firsts - popped, retries - again
      local got = popped + again
      if got > 0 then
        redis.call('HINCRBY', stateKey(lane), 'running', got)
        s.running = s.running + got
        if start then
          s.tat = start + got * s.interval
          redis.call('SET', P .. 'tat:' .. lane, us(s.tat), 'PX', math.ceil((s.tat - now) / 1000) + 1000)
        end
        left = left - got
      end
    end
    local next = opening(s, now)
    if firsts + retries == 0 or not next then
      redis.call('ZREM', P .. 'ready', lane)
    else
      redis.call('ZADD', P .. 'ready', us(next), lane)
    end
    wantsRefill(lane, s, window, now, firsts, retries)
  end
end
if #taken > 0 then
  local envelopes, holds = redis.call('HMGET', P .. 'jobs', unpack(taken)), {}
  redis.call('HDEL', P .. 'jobs', unpack(taken))
  for i = 1, #taken do
    holds[2 * i - 1] = taken[i]
    holds[2 * i] = mine .. ranks[i] .. '|' .. from[i]
    local envelope, place = envelopes[i], said[i]
    -- The worker learns the rank, so that it can say it when the index is lost. A lane that has become strict asks about all it has.
    place.part[place.at] = envelope == 'r' and 'r' .. ranks[i] or (not place.strict and envelope) or ranks[i]
  end
  redis.call('HSET', P .. 'held', unpack(holds))
end

local wait = 0
if want > allowed - left then
  wait = -1
  -- A queue at its limit waits for a job to end, which wakes; a paused one for its time.
  local at
  if isPaused then
    if paused > 0 then at = paused end
  elseif left > 0 then
    local ready = redis.call('ZRANGE', P .. 'ready', 0, 0, 'WITHSCORES')
    at = ready[2] and tonumber(ready[2])
  end
  local due = redis.call('ZRANGE', P .. 'due', 0, 0, 'WITHSCORES')
  if due[2] and (not at or tonumber(due[2]) < at) then at = tonumber(due[2]) end
  if at then wait = math.max(1, at - now) end
  redis.call('SADD', P .. 'idle', worker)
else
  redis.call('SREM', P .. 'idle', worker)
end
-- Somebody else may go on with what is left: this worker is full, or has freed places of a queue at its limit.
if not isPaused and left == 0 and (fleet == 0 or redis.call('HLEN', P .. 'held') < fleet) and redis.call('ZCARD', P .. 'ready') > 0 then wake() end

local cancels = {}
if redis.call('EXISTS', P .. 'cancels') == 1 then
  local asked = redis.call('HGETALL', P .. 'cancels')
  for i = 1, #asked, 2 do
    if asked[i + 1] == worker then
      redis.call('HDEL', P .. 'cancels', asked[i])
      cancels[#cancels + 1] = asked[i]
    end
  end
end
return { 'ok', epoch, us(wait), lanes, grantRefills(now, 4, window, now, worker), cancels, D.beat }
