-- Marks lanes as overflowing, so that they are refilled from the ledger: at a rebuild, and after pushes whose fate is not known.
-- KEYS  1 index
-- ARGV  lanes …    last: run_id
-- Returns the epoch, or false when the index is lost (the rebuild marks every lane).
local epoch, phase = enter(ARGV[#ARGV])
if not epoch then return false end
local now = clock()
for i = 1, #ARGV - 1 do
  leave(ARGV[i], stateOf(ARGV[i]), 1, 1)
  redis.call('ZADD', P .. 'refill', 'NX', us(now), ARGV[i])
end
if phase == 'open' then wake() end
return epoch
