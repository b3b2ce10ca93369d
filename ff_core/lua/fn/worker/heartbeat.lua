-- Keeps the entry of a worker instance alive, for as long as it asked for when it registered.

local hash = require("hash")
local number = require("number")
local reply = require("reply")

return function(key, arg)
  local ttl = number.whole(number.count(redis.call("HGET", key.worker_caps, "ttl_ms")))
  if ttl < 1 or redis.call("PEXPIRE", key.worker_alive, ttl) == 0 then
    return reply.ok("not_registered")
  end
  hash.write(key.worker_caps, { "last_heartbeat_ms", arg.now_ms })
  redis.call("PEXPIRE", key.worker_caps, ttl)
  return reply.ok("refreshed", ttl)
end
