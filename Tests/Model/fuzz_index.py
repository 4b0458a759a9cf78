"""The shard's index for index_fuzz.py: the real scripts on a real Redis, a clock of ours, the faults of a server, and what must hold of the keys."""
import os, socket

SECOND = 1_000_000
INDEX = 'v2:{q.0}:index'


class Violation(Exception): pass


class Redis:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.file = self.socket.makefile('rb')

    def call(self, *words):
        out = [b'*%d\r\n' % len(words)]
        for word in words:
            data = word if isinstance(word, bytes) else str(word).encode()
            out.append(b'$%d\r\n%b\r\n' % (len(data), data))
        self.socket.sendall(b''.join(out))
        return self.reply()

    def reply(self):
        line = self.file.readline()
        kind, rest = line[:1], line[1:-2]
        if kind == b':': return int(rest)
        if kind == b'+': return rest.decode()
        if kind == b'-': raise RuntimeError(rest.decode())
        if kind == b'$': return None if rest == b'-1' else self.file.read(int(rest) + 2)[:-2].decode('latin1')
        if rest == b'-1': return None
        return [self.reply() for _ in range(int(rest))]


# ARGV: window, slots given back at most, lanes …, run_id. Returns what is wrong.
INSPECT = """
local epoch, phase = enter(ARGV[#ARGV])
if not epoch then return {} end
local now, window, slots, bad = clock(), tonumber(ARGV[1]), tonumber(ARGV[2]), {}
local function complain(text) bad[#bad + 1] = text end
local function map(key)
  local flat, found = redis.call('HGETALL', P .. key), {}
  for i = 1, #flat, 2 do found[flat[i]] = flat[i + 1] end
  return found
end
local held, dues, keyof, heads = map('held'), map('dues'), map('keyof'), map('heads')
local holding, place, behind, away = {}, {}, {}, {}
local function stands(id, where)
  if place[id] then complain('both ' .. place[id] .. ' and ' .. where .. ': ' .. id) end
  place[id] = where
end
for id, value in pairs(held) do
  local _, _, lane = splitHeld(value)
  holding[lane] = (holding[lane] or 0) + 1
  stands(id, 'held')
end
for i = 3, #ARGV - 1 do
  for _, id in ipairs(redis.call('ZRANGE', laneKey(ARGV[i]), 0, -1)) do stands(id, 'waiting') end
  for _, id in ipairs(redis.call('ZRANGE', againKey(ARGV[i]), 0, -1)) do stands(id, 'waiting') end
end
local slots_ = {}
for _, name in ipairs(redis.call('KEYS', P .. 'key:*')) do
  local slot = string.sub(name, #P + 5)
  local cut = string.find(slot, '\\0', 1, true)
  local lane, key = string.sub(slot, 1, cut - 1), string.sub(slot, cut + 1)
  if not heads[slot] then complain('no head of ' .. lane .. '/' .. key) end
  for _, id in ipairs(redis.call('ZRANGE', name, 0, -1)) do
    stands(id, 'behind')
    if keyof[id] ~= key then complain('behind ' .. key .. ' without its key: ' .. id) end
    behind[lane] = (behind[lane] or 0) + 1
  end
end
for id, value in pairs(dues) do
  -- Late pushes may leave one there that waits or is held; a key's may not.
  if keyof[id] then
    stands(id, 'due')
    local lane = string.sub(value, string.find(value, '|', 1, true) + 1)
    away[lane] = (away[lane] or 0) + 1
  end
end
for slot, id in pairs(heads) do
  local cut = string.find(slot, '\\0', 1, true)
  if not place[id] then complain('head is nowhere: ' .. id) end
  if place[id] == 'behind' then complain('head is behind: ' .. id) end
  if keyof[id] ~= string.sub(slot, cut + 1) then complain('head without its key: ' .. id) end
end
for id in pairs(keyof) do if not place[id] then complain('key of nothing: ' .. id) end end
for i = 3, #ARGV - 1 do
  local lane = ARGV[i]
  local s, count, retries = stateOf(lane), redis.call('ZCARD', laneKey(lane)), redis.call('ZCARD', againKey(lane))
  if s.running ~= (holding[lane] or 0) then complain('running of ' .. lane .. ' is ' .. s.running .. ', held ' .. (holding[lane] or 0)) end
  if s.behind ~= (behind[lane] or 0) then complain('behind of ' .. lane .. ' is ' .. s.behind .. ', there are ' .. (behind[lane] or 0)) end
  if s.away ~= (away[lane] or 0) then complain('away of ' .. lane .. ' is ' .. s.away .. ', there are ' .. (away[lane] or 0)) end
  -- A lane that becomes strict has its retries among the others.
  if count + s.behind > window + window / 2 + slots then complain('window of ' .. lane .. ': ' .. count .. ' and ' .. s.behind .. ' behind') end
  if retries > window / 2 + 1 + slots then complain('window of the retries of ' .. lane .. ': ' .. retries) end
  if count + retries > 0 then
    local at, offered = opening(s, now), tonumber(redis.call('ZSCORE', P .. 'ready', lane) or 1e18)
    if at and offered > 1e17 then complain('not offered: ' .. lane) elseif at and offered > at then complain('offered too late: ' .. lane) end
  end
  -- A claim or an acknowledgement sees to it where one is to come.
  if phase == 'open' and s.running == 0 and count + retries == 0 and not redis.call('ZSCORE', P .. 'refill', lane) then
    if s.over and count + s.behind <= window / 2 or s.overRetries and retries <= window / 4 then complain('nobody refills ' .. lane) end
  end
end
for _, id in ipairs(redis.call('HKEYS', P .. 'jobs')) do
  if place[id] ~= 'waiting' and place[id] ~= 'behind' then complain('envelope of nothing: ' .. id) end
end
if redis.call('ZCARD', P .. 'due') ~= redis.call('HLEN', P .. 'dues') then complain('due and dues differ') end
return bad
"""


class Index:
    """Calls of the scripts. `listener(script, arguments, answer)` hears of every call that arrives."""

    def __init__(self, redis, folder):
        self.redis, self.digests, self.listener, self.log = redis, {}, None, None
        prelude = open(os.path.join(folder, 'prelude.lua')).read()
        # Seconds cost nothing, and nothing expires by a clock that is not ours.
        prelude = self.swap(prelude, "local t = redis.call('TIME')\n  return tonumber(t[1]) * 1000000 + tonumber(t[2])",
                            "return tonumber(redis.call('GET', 'fuzz:{q.0}:now'))")
        for name in os.listdir(folder):
            if not name.endswith('.v2.lua'): continue
            text = open(os.path.join(folder, name)).read()
            if name == 'step.v2.lua': text = self.swap(text, ", 'PX', math.ceil((s.tat - now) / 1000) + 1000)", ')')
            self.digests[name.split('.')[0]] = redis.call('SCRIPT', 'LOAD', prelude + text)
        self.digests['inspect'] = redis.call('SCRIPT', 'LOAD', prelude + INSPECT)

    @staticmethod
    def swap(text, old, new):
        if old not in text: raise SystemExit('the scripts do not say any more: ' + old)
        return text.replace(old, new)

    def begin(self):
        self.now, self.run, self.kept = 1_700_000_000 * SECOND, 1, {}
        self.flush()

    def __call__(self, script, *arguments):
        answer = self.redis.call('EVALSHA', self.digests[script], 1, INDEX, *arguments, f'run{self.run}')
        if self.log is not None and script != 'inspect': self.log.append(f'             {script} {" ".join(map(repr, arguments))} -> {answer}')
        if self.listener: self.listener(script, arguments, answer)
        return answer

    def inspect(self, *arguments): return self('inspect', *arguments)

    def flush(self):
        self.redis.call('FLUSHALL')
        self.tick(0)

    def tick(self, us):
        self.now += us
        self.redis.call('SET', 'fuzz:{q.0}:now', self.now)

    def keep(self):
        keys = [k for k in self.redis.call('KEYS', '*') if not k.startswith('fuzz')]
        self.kept = {k: self.dump(k) for k in keys}

    def dump(self, key):
        # Read as types, not by DUMP: our replies are text.
        kind = self.redis.call('TYPE', key)
        if kind == 'string': return kind, [self.redis.call('GET', key)]
        if kind == 'hash': return kind, self.redis.call('HGETALL', key)
        if kind == 'zset': return kind, self.redis.call('ZRANGE', key, 0, -1, 'WITHSCORES')
        return kind, self.redis.call('SMEMBERS', key)

    def restore(self):
        self.flush()
        for key, (kind, items) in self.kept.items():
            if not items: continue
            if kind == 'string': self.redis.call('SET', key, items[0])
            elif kind == 'hash': self.redis.call('HSET', key, *items)
            elif kind == 'zset': self.redis.call('ZADD', key, *[x for i in range(0, len(items), 2) for x in (items[i + 1], items[i])])
            else: self.redis.call('SADD', key, *items)

    def leftovers(self, allowed_states):
        """What an index without jobs has no reason to hold."""
        call, epoch = self.redis.call, self.redis.call('HGET', INDEX, 'epoch')
        found = []
        for key in sorted(call('KEYS', '*')):
            name = key.split(':', 3)[-1] if key.startswith(f'v2:{{q.0}}:{epoch}:') else key
            if key.startswith('fuzz') or key == INDEX or name in ('leases', 'idle', 'sessions') or name.startswith('tat:'): continue
            if name.startswith('state:'):
                state = call('HGETALL', key)
                state = dict(zip(state[::2], state[1::2]))
                idle = all(state.get(n, '0') == '0' for n in ('running', 'behind', 'away')) and not {'over', 'overr'} & set(state)
                if idle and (allowed_states is None or name[6:] in allowed_states): continue
                found.append(f'{name} {state}')
            else: found.append(f'{name} {self.dump(key)[1]}')
        return '; '.join(found)
