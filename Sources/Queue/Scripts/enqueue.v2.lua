-- Puts committed jobs into their lanes, or into the due set when they are to run later.
-- KEYS  1 index
-- ARGV  1 the epoch known before the commit ('' = not known: everything is second-hand)   2 window   3 most due entries
--       then, for each lane: lane, n, and n times: id, rank, delay in us (0 = now, -1 = now, and others wait
--       behind it), lane key ('' = none), envelope ('' = none)    last: run_id
-- Returns {status, epoch}: 'ok'; 'recovering': the lanes are marked for refill; 'lost': nothing was done, the lanes must be marked later.
local epoch, phase = enter(ARGV[#ARGV])
if not epoch then return { 'lost', '' } end
local now, window, mostDue = clock(), tonumber(ARGV[2]), tonumber(ARGV[3])
local trusted, at, added = ARGV[1] == epoch, 4, 0
while at < #ARGV do
  local lane, n = ARGV[at], tonumber(ARGV[at + 1])
  at = at + 2
  local ids, ranks, keys, envelopes = {}, {}, {}, {}
  for _ = 1, n do
    local id, rank, delay, key = ARGV[at], ARGV[at + 1], tonumber(ARGV[at + 2]), ARGV[at + 3]
    if delay > 0 then
      -- A full due set leaves the job to the ledger, whose scheduler finds it when its time has come.
      if phase == 'open' and delay <= horizon and redis.call('ZCARD', P .. 'due') < mostDue and not known(lane, { id })[1] then
        redis.call('ZADD', P .. 'due', us(now + delay), id)
        redis.call('HSET', P .. 'dues', id, rank .. '|' .. lane)
        if key ~= '' then
          redis.call('HSET', P .. 'keyof', id, key)
          redis.call('HINCRBY', stateKey(lane), 'away', 1)
        end
      end
    elseif delay < 0 and phase == 'open' then
      -- The window may be full of jobs that may not run before this one: it comes in all the same. Only what was claimed asks for that.
      if not known(lane, { id })[1] then
        local s, priority, isRetry = stateOf(lane), rankOf(rank)
        if id > s.cursor then redis.call('HSET', stateKey(lane), 'cursor', id) end
        place(lane, s, id, priority, isRetry, key)
        local firsts, retries = waitingIn(lane)
        offer(lane, s, now, firsts + retries)
        added = added + 1
      end
    else
      ids[#ids + 1], ranks[#ranks + 1], keys[#keys + 1], envelopes[#envelopes + 1] = id, rank, key, ARGV[at + 4]
    end
    at = at + 5
  end
  if #ids > 0 then
    if phase == 'open' then
      added = added + add(lane, ids, ranks, keys, envelopes, trusted, window, now)
    else
      leave(lane, stateOf(lane), #ids, #ids)
      redis.call('ZADD', P .. 'refill', 'NX', us(now), lane)
    end
  end
end
if phase ~= 'open' then return { 'recovering', epoch } end
wake()
return { 'ok', epoch }
