-- Starts a new life of the shard's index: a new epoch in which, until it is opened, only re-assertions of live workers are taken.
-- KEYS  1 index
-- ARGV  1 new epoch    last: run_id
-- Returns the epoch before ('' = none), or false when the index already has this epoch or a later one.
local old = redis.call('HGET', index, 'epoch')
if old and tonumber(old) >= tonumber(ARGV[1]) then return false end
redis.call('DEL', index)
redis.call('HSET', index, 'epoch', ARGV[1], 'run', ARGV[#ARGV], 'phase', 'recovering', 'beat', '0', 'touched', us(clock()))
return old or ''
