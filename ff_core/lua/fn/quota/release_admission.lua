-- Takes an admission back: the place is free, the rate stays used. Every call lowers the counter, so it takes exactly
-- one for each admission.

local number = require("number")
local reply = require("reply")

return function(key, arg)
  redis.call("DEL", key.quota_admitted)
  redis.call("SREM", key.quota_admitted_set, arg.execution_id)
  local running = number.count(redis.call("GET", key.quota_concurrency))
  if running > 0 then
    redis.call("SET", key.quota_concurrency, number.text(running - 1))
  end
  return reply.ok("released")
end
