-- Removes keys of earlier epochs. Which epoch lives is looked at in the same step: a leader that was overtaken removes nothing.
-- KEYS  1 index
-- ARGV  1 the caller's epoch   then keys …    last: run_id
-- Returns 1, or 0 when the epoch is another one by now (nothing was done).
local epoch = enter(ARGV[#ARGV])
if epoch ~= ARGV[1] then return 0 end
for i = 2, #ARGV - 1 do redis.call('UNLINK', ARGV[i]) end
return 1
