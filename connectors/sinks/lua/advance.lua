-- Move the resume positions on, if they are still what this projector left there.
--
-- KEYS: the resume hash.
-- ARGV: number of fields expected; then field and value of each ('' for absent); then field and value to set.
-- Returns 1 when moved, 0 when something else stands there: Redis lost it, or somebody else wrote it.
local expected_until = 1 + 2 * tonumber(ARGV[1])
for i = 2, expected_until, 2 do
  if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then
    return 0
  end
end
for i = expected_until + 1, #ARGV, 2 do
  redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
end
return 1
