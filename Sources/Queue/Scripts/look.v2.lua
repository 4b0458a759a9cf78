-- What the index has of lanes, for operators.
-- KEYS  1 index
-- ARGV  lanes …    last: run_id
-- Returns {jobs held by workers on this shard, jobs in the due set, then for each lane: running, waiting, retries waiting, behind heads of their keys,
--         1 when it has more in the ledger, us until it may run (-1 when it may not)}; or false when the index is lost.
if not enter(ARGV[#ARGV]) then return false end
local now = clock()
local answer = { redis.call('HLEN', P .. 'held'), redis.call('ZCARD', P .. 'due') }
for i = 1, #ARGV - 1 do
  local lane = ARGV[i]
  local s = stateOf(lane)
  local open = opening(s, now)
  local fields = {
    s.running, redis.call('ZCARD', laneKey(lane)), redis.call('ZCARD', againKey(lane)), s.behind, (s.over or s.overRetries) and 1 or 0,
    open and math.max(0, open - now) or -1,
  }
  for _, field in ipairs(fields) do answer[#answer + 1] = field end
end
return answer
