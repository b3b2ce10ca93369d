-- Keeps a signal for a waitpoint that is not active yet. The suspension that activates it counts what has come by then.

local clock = require("clock")
local hash = require("hash")
local reply = require("reply")
local signal = require("signal")

local EFFECT = "buffered_for_pending_waitpoint"

-- Nobody would count a signal that is kept for a waitpoint in another state.
local function refusal_for(point)
  if point.state == "pending" then
    return nil
  end
  return reply.refuse(point.state == "active" and "waitpoint_not_pending" or "waitpoint_closed")
end

return function(key, arg)
  if hash.read(key.exec_core, { "lifecycle_phase" }) == nil then
    return reply.refuse("execution_not_found")
  end
  local point = signal.waitpoint(key)
  if point == nil then
    return reply.refuse("waitpoint_not_found")
  end
  local now = clock.now()
  local refusal = signal.authenticate(key, arg, point, now) or refusal_for(point) or signal.refuse_excess(key, arg)
  if refusal then
    return refusal
  end
  local earlier = signal.earlier(key, arg)
  if earlier then
    return reply.duplicate(earlier)
  end
  signal.keep(key, arg, EFFECT, now)
  return reply.ok(arg.signal_id, EFFECT)
end
