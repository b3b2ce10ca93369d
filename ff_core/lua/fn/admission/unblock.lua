-- Puts an execution that admission held back into the queue again. Whether the limits allow it is the caller's word.

local hash = require("hash")
local queue = require("queue")
local reply = require("reply")
local state = require("state")

local FIELDS = { "lifecycle_phase", "eligibility_state", "blocking_reason", "attempt_state", "priority", "created_at" }

-- A lane that is paused by policy is not opened by letting one execution go.
local HELD = { blocked_by_budget = true, blocked_by_quota = true, blocked_by_route = true, blocked_by_operator = true }

local function refusal_for(core, arg)
  if core == nil then
    return reply.refuse("execution_not_found")
  end
  local expected = arg.expected_blocking_reason
  local is_held = core.lifecycle_phase == "runnable"
    and HELD[core.eligibility_state]
    and (expected == "" or expected == core.blocking_reason)
  return not is_held and reply.refuse("execution_not_eligible") or nil
end

return function(key, arg)
  local core = hash.read(key.exec_core, FIELDS)
  local refusal = refusal_for(core, arg)
  if refusal then
    return refusal
  end
  hash.write(key.exec_core, state.waiting(),
    core.attempt_state == "" and state.attempt("pending_first_attempt") or {}, state.touched(arg.now_ms))
  redis.call("ZREM", key.lane_blocked, arg.execution_id)
  redis.call("ZADD", key.lane_eligible, queue.score(core.priority, core.created_at), arg.execution_id)
  return reply.ok("unblocked")
end
