-- Takes cancelled jobs out of the index, or has their workers told.
-- KEYS  1 index
-- ARGV  1 window   then n times: id, lane    last: run_id
-- Returns one word a job: 'held' (its worker is told with its next step), 'removed', 'unknown' (a push that is still on its way will be
--         second-hand, so that the ledger is asked before it runs); or false when the index is lost or not open yet: who holds what is not known.
local epoch, phase = enter(ARGV[#ARGV])
if not epoch or phase ~= 'open' then return false end
local now, window, answers = clock(), tonumber(ARGV[1]), {}
for at = 2, #ARGV - 1, 2 do
  local id, lane = ARGV[at], ARGV[at + 1]
  local holder = redis.call('HGET', P .. 'held', id)
  if holder then
    local worker = splitHeld(holder)
    redis.call('HSET', P .. 'cancels', id, worker)
    redis.call('SREM', P .. 'idle', worker)
    redis.call('PUBLISH', base .. 'wake:' .. worker, '1')
    answers[#answers + 1] = 'held'
  else
    local isFirst = redis.call('ZRANGE', laneKey(lane), 0, 0)[1] == id or redis.call('ZRANGE', againKey(lane), 0, 0)[1] == id
    local removed = redis.call('ZREM', laneKey(lane), id) + redis.call('ZREM', againKey(lane), id) + redis.call('ZREM', P .. 'due', id)
      + redis.call('HEXISTS', P .. 'keyof', id)
    if redis.call('HDEL', P .. 'dues', id) == 1 and redis.call('HEXISTS', P .. 'keyof', id) == 1 then redis.call('HINCRBY', stateKey(lane), 'away', -1) end
    redis.call('HDEL', P .. 'jobs', id)
    passOn(lane, id)
    answers[#answers + 1] = removed > 0 and 'removed' or 'unknown'
    local s = stateOf(lane)
    if id > s.cursor then redis.call('HSET', stateKey(lane), 'cursor', id) end
    -- The lane may have waited for its first job.
    if isFirst and s.hold > 0 then
      redis.call('HDEL', stateKey(lane), 'hold')
      redis.call('ZREM', P .. 'ready', lane)
    end
    s = stateOf(lane)
    local firsts, retries = waitingIn(lane)
    wantsRefill(lane, s, window, now, firsts, retries)
    offer(lane, s, now, firsts + retries)
    if firsts + retries == 0 then letGo(lane, s) end
  end
end
wake()
return answers
