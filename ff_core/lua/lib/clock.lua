-- The server's clock. The only place that asks for the time or lets a key end at one: tests put a clock of their own
-- here at assembly.

local number = require("number")

local clock = {}

-- Whole milliseconds since 1970. Ask once a call and hand the answer on.
function clock.now()
  local time = redis.call("TIME")
  return tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end

-- Lets a key vanish at a time that clock.now() will reach.
function clock.expire_at(key, time)
  redis.call("PEXPIREAT", key, number.whole(time))
end

return clock
