-- Opens the index of an epoch whose lanes are marked.
-- KEYS  1 index
-- ARGV  1 epoch    last: run_id
-- Returns 1, or 0 when the epoch is another one by now.
local epoch = enter(ARGV[#ARGV])
if epoch ~= ARGV[1] then return 0 end
redis.call('HSET', index, 'phase', 'open', 'touched', us(clock()))
wake()
return 1
