-- The leader's beat on one shard: finds out whether the index is lost, promotes, reclaims, and hands out refills nobody took.
-- KEYS  1 index
-- ARGV  1 epoch the leader knows ('' = none yet)   2 the last beat it wrote (0 = none)   3 lease ttl in us   4 window    last: run_id
-- Returns {status, epoch, phase, beat, refill}: 'ok', or 'lost' when there is no epoch, the server is another one, or the beat went backwards
--         (an older snapshot was restored). refill as in step.
local epoch, phase = enter(ARGV[#ARGV])
if not epoch then return { 'lost' } end
local beat = tonumber(redis.call('HGET', index, 'beat') or 0)
if ARGV[1] == epoch and beat < tonumber(ARGV[2]) then return { 'lost' } end
beat = redis.call('HINCRBY', index, 'beat', 1)
if phase ~= 'open' then return { 'ok', epoch, phase, beat, {} } end
local now, ttl, window = clock(), tonumber(ARGV[3]), tonumber(ARGV[4])
local moved = promote(window, now) + reclaim(ttl, window, now)
if moved > 0 then wake() end
-- A second's head start for the workers, who refill with less delay.
return { 'ok', epoch, phase, beat, grantRefills(now - 1000000, 16, window, now, '') }
