-- Adds what a refiller has read from the ledger, second-hand, moves the lane's cursor, and clears the overflow marks when nothing was left over.
-- KEYS  1 index
-- ARGV  1 epoch under which the lane was read   2 window   3 lane   4 dropped count at the read   5 what the ledger has more of than was read:
--       'f' first attempts, 'r' retries, 'fr' both, '' nothing
--       then n times: id, rank, lane key ('' = none), in the ledger's order    last: run_id
-- Returns {status, added}: 'ok', or 'stale' when the epoch is another one (nothing was done).
local epoch, phase = enter(ARGV[#ARGV])
if not epoch or phase ~= 'open' or ARGV[1] ~= epoch then return { 'stale', 0 } end
local now, window, lane, dropped = clock(), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local left, leftRetries = string.find(ARGV[5], 'f', 1, true) ~= nil, string.find(ARGV[5], 'r', 1, true) ~= nil
local s, added, cursor = stateOf(lane), 0, ''
-- There the retries stand among the others.
if s.strict then left, leftRetries = left or leftRetries, false end
local free = window - redis.call('ZCARD', laneKey(lane)) - s.behind
local freeRetries = window / 2 - redis.call('ZCARD', againKey(lane))
local at = 6
while at < #ARGV do
  local ids, ranks, keys = {}, {}, {}
  while at < #ARGV and #ids < 500 do
    ids[#ids + 1], ranks[#ranks + 1], keys[#keys + 1] = ARGV[at], ARGV[at + 1], ARGV[at + 2]
    at = at + 3
  end
  local flags = known(lane, ids)
  local members, retries = {}, {}
  for i = 1, #ids do
    local priority, isRetry = rankOf(ranks[i])
    isRetry = isRetry and not s.strict
    if not flags[i] and (isRetry and freeRetries or free) <= 0 then
      if isRetry then leftRetries = true else left = true end
    else
      if not flags[i] then
        gather(members, retries, lane, s, ids[i], priority, isRetry, keys[i])
        added = added + 1
        if isRetry then freeRetries = freeRetries - 1 else free = free - 1 end
      end
      if ids[i] > cursor then cursor = ids[i] end
    end
  end
  if #members > 0 then redis.call('ZADD', laneKey(lane), unpack(members)) end
  if #retries > 0 then redis.call('ZADD', againKey(lane), unpack(retries)) end
end
if cursor > s.cursor then redis.call('HSET', stateKey(lane), 'cursor', cursor) end
local isCurrent = s.dropped == dropped
-- The count stays while the lane does: a refill that comes late must not meet an equal one by chance.
if left or not isCurrent then redis.call('HSET', stateKey(lane), 'over', '1') else redis.call('HDEL', stateKey(lane), 'over') end
if leftRetries or not isCurrent then redis.call('HSET', stateKey(lane), 'overr', '1') else redis.call('HDEL', stateKey(lane), 'overr') end
redis.call('ZREM', P .. 'refill', lane)
redis.call('HDEL', P .. 'granted', lane)
s = stateOf(lane)
-- Nothing new among what was read, such as jobs that could not be settled and wait to be given out again: no more than five looks a second.
local firsts, retries = waitingIn(lane)
wantsRefill(lane, s, window, (added == 0 and isCurrent) and now + 200000 or now, firsts, retries)
if firsts + retries > 0 then offer(lane, s, now, firsts + retries) else letGo(lane, s) end
if added > 0 then wake() end
return { 'ok', added }
