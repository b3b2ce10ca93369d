-- Defines a quota policy. For one that exists nothing is written, not even its index entry.

local hash = require("hash")
local reply = require("reply")

return function(key, arg)
  if redis.call("EXISTS", key.quota) == 1 then
    return reply.already(arg.quota_policy_id)
  end
  hash.write(key.quota, {
    "quota_policy_id", arg.quota_policy_id,
    "requests_per_window_seconds", arg.window_seconds,
    "max_requests_per_window", arg.max_requests_per_window,
    "active_concurrency_cap", arg.max_concurrent,
    "created_at", arg.now_ms,
  })
  redis.call("SET", key.quota_concurrency, "0")
  redis.call("SADD", key.quota_policies, arg.quota_policy_id)
  return reply.ok(arg.quota_policy_id)
end
