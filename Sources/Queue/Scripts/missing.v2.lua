-- Which of a lane's pending ids the index does not have. For the sweep and the audit.
-- KEYS  1 index
-- ARGV  1 lane   then ids …    last: run_id
-- Returns {epoch, overflowing (0|1), missing ids, dropped}, or false when the index is lost.
local epoch = enter(ARGV[#ARGV])
if not epoch then return false end
local missing, at = {}, 2
while at < #ARGV do
  local ids = {}
  while at < #ARGV and #ids < 500 do ids[#ids + 1] = ARGV[at]; at = at + 1 end
  local flags = known(ARGV[1], ids)
  for i = 1, #ids do if not flags[i] then missing[#missing + 1] = ids[i] end end
end
local s = stateOf(ARGV[1])
return { epoch, (s.over or s.overRetries) and 1 or 0, missing, s.dropped }
