-- A worker that stops in good order gives up its lease; it holds nothing any more. What it still holds waits for the lease to run out.
-- KEYS  1 index
-- ARGV  1 worker    last: run_id
-- Returns 1.
if not enter(ARGV[#ARGV]) then return 1 end
redis.call('SREM', P .. 'idle', ARGV[1])
if redis.call('HLEN', P .. 'held') == 0 then
  redis.call('ZREM', P .. 'leases', ARGV[1])
  redis.call('HDEL', P .. 'sessions', ARGV[1])
end
return 1
