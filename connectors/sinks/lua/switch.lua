-- Put another namespace into force, if the one expected still is.
--
-- KEYS: the pointer.  ARGV: the namespace expected, the one to be in force, the one in force where there is no pointer.
-- Returns 1 when switched.
if (redis.call('GET', KEYS[1]) or ARGV[3]) ~= ARGV[1] then
  return 0
end
redis.call('SET', KEYS[1], ARGV[2])
return 1
