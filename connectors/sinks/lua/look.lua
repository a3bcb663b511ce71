-- What stands of an owner before a change, as far as his index entries follow from it.
--
-- KEYS: the hash, its staged sections, its entries in doubt.
-- ARGV: epoch, offset, '1' if the whole view is wanted; then the sections that will change.
-- Returns: outcome (1 to be applied, 2 to be applied in place of a view of an earlier epoch, 0 stale, -1 fenced),
-- 1 if what follows is the whole view, sections flat (name, bytes), the profile or false, staged sections flat,
-- entries in doubt. Entries in doubt, and staged sections, ask for the whole view.
local hash, staged, doubt = KEYS[1], KEYS[2], KEYS[3]
local epoch, offset = tonumber(ARGV[1]), tonumber(ARGV[2])

local outcome = 1
local position = redis.call('HGET', hash, '@')
if position then
  local colon = string.find(position, ':', 1, true)
  local at_epoch = tonumber(string.sub(position, 1, colon - 1))
  if at_epoch > epoch then
    outcome = -1
  elseif at_epoch < epoch then
    outcome = 2
  elseif tonumber(string.sub(position, colon + 1)) >= offset then
    outcome = 0
  end
end

local doubted = redis.call('SMEMBERS', doubt)
if outcome == -1 or (outcome == 0 and #doubted == 0) then
  return { outcome, 0, {}, false, {}, {} }
end

local waiting = {}
if outcome > 0 then
  waiting = redis.call('HGETALL', staged)
  local since
  for i = 1, #waiting, 2 do
    if waiting[i] == '@' then since = waiting[i + 1] end
  end
  if since ~= ARGV[1] then waiting = {} end
end

if outcome ~= 1 or ARGV[3] == '1' or #doubted > 0 or #waiting > 0 then
  return { outcome, 1, redis.call('HGETALL', hash), false, waiting, doubted }
end
local sections = {}
for i = 4, #ARGV do
  local value = redis.call('HGET', hash, ARGV[i])
  if value then
    sections[#sections + 1] = ARGV[i]
    sections[#sections + 1] = value
  end
end
return { outcome, 0, sections, redis.call('HGET', hash, 'profile'), waiting, doubted }
