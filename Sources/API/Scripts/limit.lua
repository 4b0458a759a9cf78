-- Takes requests out of what a caller may make: as many of those wanted as every policy allows. A policy is an interval between two requests and how
-- many may come at once (GCRA); it is remembered as the time at which everything will be free again.
-- KEYS  1 those times, a microsecond count a policy, separated by blanks
-- ARGV  1 how many are wanted (0 = only look)   then for each policy: interval in us, quota
-- Returns now in us, how many were taken, us until one more can be (0 = at once), then for each policy: how many remain, us until one more does (0 = full).
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local free, taken = {}, tonumber(ARGV[1])
for word in string.gmatch(redis.call('GET', KEYS[1]) or '', '%S+') do free[#free + 1] = tonumber(word) end
local policies = (#ARGV - 1) / 2
for i = 1, policies do
  local interval, quota = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  -- No further away than a whole quota: a clock that was set back, or a limit that was lowered, holds up for no longer than that.
  free[i] = math.min(math.max(free[i] or 0, now), now + interval * quota)
  taken = math.min(taken, math.floor((interval * quota - (free[i] - now)) / interval))
end
local answer, words, last, wait = { now, taken, 0 }, {}, now, 0
for i = 1, policies do
  local interval, quota = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  free[i] = free[i] + taken * interval
  last = math.max(last, free[i])
  words[i] = string.format('%.0f', free[i])
  local remain = math.floor((interval * quota - (free[i] - now)) / interval)
  local more = remain < quota and (free[i] - now) - (quota - remain - 1) * interval or 0
  if remain == 0 then wait = math.max(wait, more) end
  answer[#answer + 1] = remain
  answer[#answer + 1] = more
end
answer[3] = wait
if taken > 0 then redis.call('SET', KEYS[1], table.concat(words, ' '), 'PX', math.ceil((last - now) / 1000) + 1) end
return answer
