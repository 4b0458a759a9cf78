-- Sets limits and parking of lanes, as the ledger has them. A lane that is un-parked, or parked until a time, starts slowly afterwards.
-- KEYS  1 index
-- ARGV  n times: lane, interval in us (0 = no rate), burst, concurrency (0 = no limit), strict (1 or 0), parked (0 = no, -1 = until un-parked,
--       else us from now); a limit that is '' is the queue's    last: run_id
-- Returns the epoch, or false when the index is lost.
local epoch = enter(ARGV[#ARGV])
if not epoch then return false end
local now = clock()
for at = 1, #ARGV - 1, 6 do
  local lane, parked = ARGV[at], tonumber(ARGV[at + 5])
  local before = stateOf(lane)
  for i, name in ipairs({ 'interval', 'burst', 'limit', 'strict' }) do
    if ARGV[at + i] == '' then redis.call('HDEL', stateKey(lane), name) else redis.call('HSET', stateKey(lane), name, ARGV[at + i]) end
  end
  if parked == 0 then
    redis.call('HDEL', stateKey(lane), 'parked')
    if before.parked < 0 or before.parked > now then redis.call('HSET', stateKey(lane), 'ramp', '1') end
  else
    if parked > 0 then parked = now + parked end
    redis.call('HSET', stateKey(lane), 'parked', us(parked), 'ramp', '1')
  end
  local s = stateOf(lane)
  if before.strict and not s.strict then redis.call('HDEL', stateKey(lane), 'hold'); s.hold = 0 end
  redis.call('ZREM', P .. 'ready', lane)
  local firsts, retries = waitingIn(lane)
  offer(lane, s, now, firsts + retries)
  if firsts + retries == 0 then letGo(lane, s) end
end
wake()
return epoch
