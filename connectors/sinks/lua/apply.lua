-- Bring one owner's hash to a later position: all of a change, once, or nothing of it.
--
-- KEYS: the hash, its staged sections, its entries in doubt.
-- ARGV: epoch, offset, number of sections to set, number of sections to delete, number of entries in doubt no longer; then
-- section and bytes of each to set, sections to delete, the entries in doubt no longer, and those that are from now on:
-- those of before that are to go. What somebody else noted stays noted.
-- Returns 1 when applied, 0 when the hash is at that position already, -1 when it belongs to a later epoch.
local hash, staged, doubt = KEYS[1], KEYS[2], KEYS[3]
local epoch, offset = tonumber(ARGV[1]), tonumber(ARGV[2])

local position = redis.call('HGET', hash, '@')
local at = -1
if position then
  local colon = string.find(position, ':', 1, true)
  local at_epoch = tonumber(string.sub(position, 1, colon - 1))
  if at_epoch > epoch then
    return -1
  elseif at_epoch < epoch then
    -- What stands here came from a topic or a Redis that is gone: nothing of it may remain.
    redis.call('UNLINK', hash)
  else
    at = tonumber(string.sub(position, colon + 1))
    if at >= offset then return 0 end
  end
end

local waiting = redis.call('HGETALL', staged)
if #waiting > 0 then
  local since, staged_at
  for i = 1, #waiting, 2 do
    -- Without an offset in what an earlier version staged.
    if waiting[i] == '@' then since, staged_at = string.match(waiting[i + 1], '^(%d+):?(%d*)$') end
  end
  if since == ARGV[1] and (tonumber(staged_at) or offset) > at then
    for i = 1, #waiting, 2 do
      local section, value = waiting[i], waiting[i + 1]
      if section == '@' then
        -- epoch and offset, not a section
      elseif string.sub(value, 1, 1) == '=' then
        redis.call('HSET', hash, section, string.sub(value, 2))
      else
        redis.call('HDEL', hash, section)
      end
    end
  end
  redis.call('UNLINK', staged)
end

-- In slices, since Lua can't unpack more than a few thousand values at once.
local SLICE = 1000
local set_until = 5 + 2 * tonumber(ARGV[3])
local deleted_until = set_until + tonumber(ARGV[4])
local settled_until = deleted_until + tonumber(ARGV[5])
for i = 6, set_until, SLICE do
  redis.call('HSET', hash, unpack(ARGV, i, math.min(i + SLICE - 1, set_until)))
end
for i = set_until + 1, deleted_until, SLICE do
  redis.call('HDEL', hash, unpack(ARGV, i, math.min(i + SLICE - 1, deleted_until)))
end
redis.call('HSET', hash, '@', ARGV[1] .. ':' .. ARGV[2])
for i = deleted_until + 1, settled_until, SLICE do
  redis.call('SREM', doubt, unpack(ARGV, i, math.min(i + SLICE - 1, settled_until)))
end
for i = settled_until + 1, #ARGV, SLICE do
  redis.call('SADD', doubt, unpack(ARGV, i, math.min(i + SLICE - 1, #ARGV)))
end
return 1
