-- Sets limits and parking of lanes, as the ledger has them.
-- KEYS  1 index
-- ARGV  n times: lane, interval in us (0 = no rate), burst, concurrency (0 = no limit), parked (0 = no, -1 = until un-parked, else us from now)    last: run_id
-- Returns the epoch, or false when the index is lost.
local epoch = enter(ARGV[#ARGV])
if not epoch then return false end
local now = clock()
for at = 1, #ARGV - 1, 5 do
  local lane, parked = ARGV[at], tonumber(ARGV[at + 4])
  if parked > 0 then parked = now + parked end
  redis.call('HSET', stateKey(lane), 'interval', ARGV[at + 1], 'burst', ARGV[at + 2], 'limit', ARGV[at + 3], 'parked', us(parked))
  redis.call('ZREM', P .. 'ready', lane)
  offer(lane, stateOf(lane), now)
end
wake()
return epoch
