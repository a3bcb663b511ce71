-- Remove a view that no record of the present epoch has touched: its customer is not in the topic any more.
--
-- KEYS: the hash, its staged sections.  ARGV: the present epoch.
-- Returns the names of the sections removed, or nothing.
local position = redis.call('HGET', KEYS[1], '@')
if not position or tonumber(string.match(position, '^(%d+):')) >= tonumber(ARGV[1]) then
  return {}
end
local sections = redis.call('HKEYS', KEYS[1])
redis.call('UNLINK', KEYS[1], KEYS[2])
return sections
