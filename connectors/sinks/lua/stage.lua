-- Keep sections of an owner until his summary comes; a later value of a section replaces an earlier one.
--
-- KEYS: the hash, its staged sections.
-- ARGV: epoch, offset of the newest of the sections; then section and value of each ('=' and the bytes, or '-').
local hash, staged = KEYS[1], KEYS[2]
local epoch = tonumber(ARGV[1])

local position = redis.call('HGET', hash, '@')
if position then
  local colon = string.find(position, ':', 1, true)
  local at_epoch = tonumber(string.sub(position, 1, colon - 1))
  local applied = at_epoch == epoch and tonumber(string.sub(position, colon + 1)) >= tonumber(ARGV[2])
  if at_epoch > epoch or applied then
    return 0
  end
end

local since = redis.call('HGET', staged, '@')
if since and string.match(since, '^%d+') ~= ARGV[1] then
  redis.call('UNLINK', staged)
end
redis.call('HSET', staged, '@', ARGV[1] .. ':' .. ARGV[2])
for i = 3, #ARGV, 2 do
  redis.call('HSET', staged, ARGV[i], ARGV[i + 1])
end
return 1
