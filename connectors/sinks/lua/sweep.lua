-- Remove a view that no record of the present epoch has touched: its customer is not in the topic any more.
--
-- KEYS: the hash, its staged sections, its entries in doubt.  ARGV: the present epoch.
-- Returns 1 if it was removed.
local position = redis.call('HGET', KEYS[1], '@')
if not position or tonumber(string.match(position, '^(%d+):')) >= tonumber(ARGV[1]) then
  return 0
end
redis.call('UNLINK', KEYS[1], KEYS[2], KEYS[3])
return 1
