-- Adds what a refiller has read from the ledger, second-hand, moves the lane's cursor, and clears the overflow mark when nothing was left over.
-- KEYS  1 index
-- ARGV  1 epoch under which the lane was read   2 window   3 lane   4 dropped count at the read   5 '1' when the ledger has more than was read
--       then n times: id, priority, in the ledger's order    last: run_id
-- Returns {status, added}: 'ok', or 'stale' when the epoch is another one (nothing was done).
local epoch, phase = enter(ARGV[#ARGV])
if not epoch or phase ~= 'open' or ARGV[1] ~= epoch then return { 'stale', 0 } end
local now, window, lane, dropped = clock(), tonumber(ARGV[2]), ARGV[3], tonumber(ARGV[4])
local left, added, cursor = ARGV[5] == '1', 0, ''
local count = redis.call('ZCARD', laneKey(lane))
local at = 6
while at < #ARGV do
  local ids, priorities = {}, {}
  while at < #ARGV and #ids < 500 do
    ids[#ids + 1], priorities[#priorities + 1] = ARGV[at], ARGV[at + 1]
    at = at + 2
  end
  local flags, members = known(lane, ids), {}
  for i = 1, #ids do
    if not flags[i] then
      if count >= window then left = true; break end
      members[#members + 1] = priorities[i]
      members[#members + 1] = ids[i]
      count = count + 1
    end
    if ids[i] > cursor then cursor = ids[i] end
  end
  if #members > 0 then
    redis.call('ZADD', laneKey(lane), unpack(members))
    added = added + #members / 2
  end
  if count >= window and at < #ARGV then left = true; break end
end
local s = stateOf(lane)
if cursor > s.cursor then redis.call('HSET', stateKey(lane), 'cursor', cursor) end
if not left and s.dropped == dropped then
  -- The count stays while the lane does: a refill that comes late must not meet an equal one by chance.
  redis.call('HDEL', stateKey(lane), 'over')
  redis.call('ZREM', P .. 'refill', lane)
else
  redis.call('HSET', stateKey(lane), 'over', '1')
  redis.call('ZREM', P .. 'refill', lane)
  wantsRefill(lane, count, window, now)
end
if count > 0 then offer(lane, s, now) else letGo(lane, stateOf(lane)) end
if added > 0 then wake() end
return { 'ok', added }
