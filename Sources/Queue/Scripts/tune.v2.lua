-- Sets what the ledger says about the shard's queue: its pause, its jobs at once, and the limits of lanes that have none of their own.
-- KEYS  1 index
-- ARGV  1 interval in us   2 burst   3 concurrency of a lane   4 strict (1 or 0)   5 jobs at once on this shard (0 = no limit)
--       6 paused (0 = no, -1 = until resumed, else us from now)    last: run_id
-- Returns the epoch, or false when the index is lost.
local epoch = enter(ARGV[#ARGV])
if not epoch then return false end
local now, paused = clock(), tonumber(ARGV[6])
if paused > 0 then paused = now + paused end
local before = redis.call('HMGET', index, 'interval', 'burst', 'limit', 'strict')
redis.call('HSET', index, 'interval', ARGV[1], 'burst', ARGV[2], 'limit', ARGV[3], 'strict', ARGV[4], 'fleet', ARGV[5], 'paused', us(paused))
local isOther = false
for i = 1, 4 do isOther = isOther or (before[i] or (i == 2 and '1' or '0')) ~= ARGV[i] end
if isOther then
  -- Lanes that wait for a time or for a job of theirs to end may be allowed more now. Bounded: a lane that is left out is offered again
  -- when its time has come or its job has ended.
  enter(ARGV[#ARGV])
  local lanes = {}
  for _, lane in ipairs(redis.call('ZRANGEBYSCORE', P .. 'ready', '(' .. us(now), '+inf', 'LIMIT', 0, 5000)) do lanes[lane] = true end
  for _, value in ipairs(redis.call('HVALS', P .. 'held')) do
    local _, _, lane = splitHeld(value)
    lanes[lane] = true
  end
  for lane in pairs(lanes) do
    redis.call('ZREM', P .. 'ready', lane)
    local firsts, retries = waitingIn(lane)
    offer(lane, stateOf(lane), now, firsts + retries)
  end
end
wake()
return epoch
