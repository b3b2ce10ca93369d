-- Cancels a flow and lists its members. Only cancel_all makes their cancels a debt, which the caller pays now and the
-- reconciler after the grace; other policies, and unknown ones, leave the members alone.

local clock = require("clock")
local flow = require("flow")
local hash = require("hash")
local number = require("number")
local reply = require("reply")

local DEFAULT_GRACE = 30000
local MAX_GRACE = 2 ^ 53 - 1

-- Whole milliseconds, nil when the text is something else.
local function grace_of(text)
  if text == "" then
    return DEFAULT_GRACE
  end
  local grace = number.parse(text)
  local fits = grace and grace >= 0 and grace % 1 == 0 and grace <= MAX_GRACE
  return fits and grace or nil
end

return function(key, arg)
  local grace = grace_of(arg.grace_ms)
  if grace == nil then
    return reply.refuse("invalid_grace_ms")
  end
  local _, refusal = flow.open(key)
  if refusal then
    return refusal
  end
  local now = clock.now()
  local members = redis.call("SMEMBERS", key.flow_members)
  hash.write(key.flow_core, {
    "public_flow_state", "cancelled",
    "cancelled_at", now,
    "cancel_reason", arg.reason,
    "cancellation_policy", arg.cancellation_policy,
    "last_mutation_at", now,
  })
  if arg.cancellation_policy == "cancel_all" and #members > 0 then
    redis.call("SUNIONSTORE", key.flow_pending_cancels, key.flow_pending_cancels, key.flow_members)
    redis.call("ZADD", key.cancel_backlog, number.text(now + grace), arg.flow_id)
  end
  local message = reply.ok(arg.cancellation_policy)
  for _, member in ipairs(members) do
    message[#message + 1] = member
  end
  return message
end
