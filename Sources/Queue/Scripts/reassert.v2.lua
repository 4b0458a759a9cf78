-- A worker says what it holds: on its first call (nothing), after the index or its lease was lost, and after a step whose answer never came.
-- What another worker has meanwhile is refused; what the index believes this worker has, and the worker does not, goes back to its lane.
-- KEYS  1 index
-- ARGV  1 worker   2 number of this re-assertion, higher each time   3 lease ttl in us   4 window   then n times: id, rank, lane, lane key ('' = none)    last: run_id
-- Returns {status, epoch, phase, refused ids}: 'ok', 'lost', or 'late': a later one was here already (nothing was done).
local epoch, phase = enter(ARGV[#ARGV])
if not epoch then return { 'lost', '', '', {} } end
local now, worker, ttl, window = clock(), ARGV[1], tonumber(ARGV[3]), tonumber(ARGV[4])
if tonumber(ARGV[2]) <= tonumber(redis.call('HGET', P .. 'sessions', worker) or 0) then return { 'late', epoch, phase, {} } end
redis.call('HSET', P .. 'sessions', worker, ARGV[2])
local mine = ownedBy(worker)
redis.call('ZADD', P .. 'leases', us(now + ttl), worker)
local refused, asserted = {}, {}
-- A job that runs is the head of its key, whoever else waits for that.
local function assume(lane, id, key)
  local slot = slotOf(lane, key)
  redis.call('HSET', P .. 'keyof', id, key)
  if redis.call('ZREM', P .. 'key:' .. slot, id) == 1 then redis.call('HINCRBY', stateKey(lane), 'behind', -1) end
  local head = redis.call('HGET', P .. 'heads', slot)
  if head and head ~= id then
    local priority = redis.call('ZSCORE', laneKey(lane), head) or redis.call('ZSCORE', againKey(lane), head)
    if not priority then return end
    redis.call('ZREM', laneKey(lane), head)
    redis.call('ZREM', againKey(lane), head)
    moveBehind(lane, slot, head, priority, 1)
  end
  redis.call('HSET', P .. 'heads', slot, id)
end
for at = 5, #ARGV - 1, 4 do
  local id, rank, lane = ARGV[at], ARGV[at + 1], ARGV[at + 2]
  -- A worker knows the key of what it has begun; of what it was only given, the index may.
  local indexed = redis.call('HGET', P .. 'keyof', id)
  local key = indexed or ARGV[at + 3]
  local owner = redis.call('HGET', P .. 'held', id)
  asserted[id] = true
  if not owner then
    redis.call('HSET', P .. 'held', id, mine .. rank .. '|' .. lane)
    redis.call('HINCRBY', stateKey(lane), 'running', 1)
    redis.call('ZREM', laneKey(lane), id)
    redis.call('ZREM', againKey(lane), id)
    if key ~= '' then assume(lane, id, key) end
    redis.call('HDEL', P .. 'jobs', id)
    redis.call('ZREM', P .. 'due', id)
    if redis.call('HDEL', P .. 'dues', id) == 1 and indexed then redis.call('HINCRBY', stateKey(lane), 'away', -1) end
  elseif string.sub(owner, 1, #mine) ~= mine then
    refused[#refused + 1] = id
  elseif key ~= '' and not indexed then
    assume(lane, id, key)
  end
end
-- It may not have heard that it is to refill lanes: others may.
local granted = redis.call('HGETALL', P .. 'granted')
for i = 1, #granted, 2 do
  if granted[i + 1] == worker then
    redis.call('HDEL', P .. 'granted', granted[i])
    if redis.call('ZSCORE', P .. 'refill', granted[i]) then redis.call('ZADD', P .. 'refill', us(now), granted[i]) end
  end
end
local held, counts = redis.call('HGETALL', P .. 'held'), {}
for i = 1, #held, 2 do
  if string.sub(held[i + 1], 1, #mine) == mine and not asserted[held[i]] then
    local _, rank, lane = splitHeld(held[i + 1])
    release(held[i], rank, lane)
    counts[lane] = (counts[lane] or 0) + 1
  end
end
finish(counts, {}, window, now)
return { 'ok', epoch, phase, refused }
