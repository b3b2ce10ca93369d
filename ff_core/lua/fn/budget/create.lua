-- Defines a budget and its limits. The index entry is restored even for a budget that exists, and written even for a
-- list of dimensions that is none: an id without a definition is dropped by the reconciler.

local hash = require("hash")
local number = require("number")
local reply = require("reply")

local function write_limits(key, rows)
  local fields = {}
  for _, row in ipairs(rows) do
    for side, limit in pairs({ hard = row.hard_limit or "", soft = row.soft_limit or "" }) do
      fields[#fields + 1] = side .. ":" .. row.dimension
      fields[#fields + 1] = limit
    end
  end
  hash.write(key.budget_limits, fields)
end

return function(key, arg)
  redis.call("SADD", key.budget_policies, arg.budget_id)
  if redis.call("EXISTS", key.budget) == 1 then
    return reply.already(arg.budget_id)
  elseif arg.fault then
    return arg.fault
  end
  local next_reset = {}
  if arg.reset_interval_ms > 0 then
    next_reset = { "next_reset_at", arg.now_ms + arg.reset_interval_ms }
    redis.call("ZADD", key.budget_resets, number.text(next_reset[2]), arg.budget_id)
  end
  hash.write(key.budget, {
    "budget_id", arg.budget_id,
    "scope_type", arg.scope_type,
    "scope_id", arg.scope_id,
    "enforcement_mode", arg.enforcement_mode,
    "on_hard_limit", arg.on_hard_limit,
    "on_soft_limit", arg.on_soft_limit,
    "reset_interval_ms", arg.reset_interval_ms,
    "breach_count", "0",
    "soft_breach_count", "0",
    "created_at", arg.now_ms,
    "last_updated_at", arg.now_ms,
  }, next_reset)
  write_limits(key, arg.rows)
  return reply.ok(arg.budget_id)
end
