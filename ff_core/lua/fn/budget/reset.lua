-- Begins a new period: all usage back to 0. The next one begins an interval after this call.

local hash = require("hash")
local number = require("number")
local reply = require("reply")

local function zeroed(usage_key)
  local fields = {}
  for _, dimension in ipairs(redis.call("HKEYS", usage_key)) do
    fields[#fields + 1] = dimension
    fields[#fields + 1] = "0"
  end
  return fields
end

return function(key, arg)
  local found = hash.read(key.budget, { "reset_interval_ms", "reset_count" }) or {}
  local interval = number.count(found.reset_interval_ms)
  hash.write(key.budget_usage, zeroed(key.budget_usage))
  local next_reset = {}
  if interval > 0 then
    next_reset = { "next_reset_at", arg.now_ms + interval }
    redis.call("ZADD", key.budget_resets, number.text(next_reset[2]), arg.budget_id)
  else
    redis.call("ZREM", key.budget_resets, arg.budget_id)
  end
  hash.write(key.budget, {
    "reset_count", number.count(found.reset_count) + 1,
    "last_reset_at", arg.now_ms,
    "last_updated_at", arg.now_ms,
    "last_breach_at", "",
    "last_breach_dim", "",
  }, next_reset)
  return reply.ok(next_reset[2] or "0")
end
