-- Admit a contact within its limits, once: the answer given first is given ever after.
--
-- KEYS: the decision; contacts about the customer, to the addressee, between the two (sorted sets by time).
-- ARGV: contact, now, window and cool-down in seconds, limits per customer and per addressee (-1: none).
-- Returns `admitted`, or which limit kept it back.
local decided = redis.call('GET', KEYS[1])
if decided then return decided end

local contact, now = ARGV[1], tonumber(ARGV[2])
local window, cool_down = tonumber(ARGV[3]), tonumber(ARGV[4])
local longest = math.max(window, cool_down)

local function since(key, seconds)
  return redis.call('ZCOUNT', key, '(' .. tostring(now - seconds), '+inf')
end

local answer = 'admitted'
if tonumber(ARGV[5]) >= 0 and since(KEYS[2], window) >= tonumber(ARGV[5]) then
  answer = 'customer_budget'
elseif tonumber(ARGV[6]) >= 0 and since(KEYS[3], window) >= tonumber(ARGV[6]) then
  answer = 'addressee_budget'
elseif cool_down > 0 and since(KEYS[4], cool_down) > 0 then
  answer = 'cool_down'
end

-- Remembered longer than it counts: a redelivery comes within the hours that a process may be down.
local remembered = math.ceil(longest) + 86400
redis.call('SET', KEYS[1], answer, 'EX', remembered)
if answer == 'admitted' then
  for i = 2, 4 do
    redis.call('ZREMRANGEBYSCORE', KEYS[i], '-inf', tostring(now - longest))
    redis.call('ZADD', KEYS[i], ARGV[2], contact)
    redis.call('EXPIRE', KEYS[i], remembered)
  end
end
return answer
