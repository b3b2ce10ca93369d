-- Announces a worker instance, or refreshes its entry. The caller's clock is stamped.

local hash = require("hash")
local number = require("number")
local reply = require("reply")

return function(key, arg)
  local ttl = number.whole(arg.ttl_ms)
  if ttl < 1 then
    return reply.refuse("invalid_input", "ttl_ms must be at least 1, got: " .. number.text(arg.ttl_ms))
  end
  local was_alive = redis.call("SET", key.worker_alive, "1", "PX", ttl, "GET")
  hash.write(key.worker_caps, {
    "worker_id", arg.worker_id,
    "lanes_csv", arg.lanes_csv,
    "caps_csv", arg.caps_csv,
    "ttl_ms", ttl,
    "registered_at_ms", arg.now_ms,
    "last_heartbeat_ms", arg.now_ms,
  })
  redis.call("PEXPIRE", key.worker_caps, ttl)
  redis.call("SADD", key.workers_index, arg.instance_id)
  return reply.ok(was_alive and "refreshed" or "registered")
end
