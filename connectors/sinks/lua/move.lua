-- Bring one owner's hash to a later position where nothing is staged, no note to move and nothing to be deleted: as
-- apply.lua, for most changes are such, with two commands instead of five.
--
-- KEYS: the hash.  ARGV: epoch, offset; then section and bytes of each to set.
-- Returns 1 when applied, 0 when the hash is at that position already, -1 when it belongs to a later epoch.
local hash = KEYS[1]
local position = redis.call('HGET', hash, '@')
if position then
  local at_epoch, at = string.match(position, '^(%d+):(%d+)$')
  if at_epoch ~= ARGV[1] then
    if tonumber(at_epoch) > tonumber(ARGV[1]) then
      return -1
    end
    redis.call('UNLINK', hash)
  elseif tonumber(at) >= tonumber(ARGV[2]) then
    return 0
  end
end

-- In slices, since Lua can't unpack more than a few thousand values at once; nearly always there is one.
local SLICE = 1000
redis.call('HSET', hash, '@', ARGV[1] .. ':' .. ARGV[2], unpack(ARGV, 3, math.min(2 + SLICE, #ARGV)))
for i = 3 + SLICE, #ARGV, SLICE do
  redis.call('HSET', hash, unpack(ARGV, i, math.min(i + SLICE - 1, #ARGV)))
end
return 1
