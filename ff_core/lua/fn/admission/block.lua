-- Takes an execution off the queue until what holds it back is gone.

local hash = require("hash")
local lease = require("lease")
local reply = require("reply")
local state = require("state")

local FIELDS = lease.fields_and("attempt_state", "eligibility_state")

-- Eligibility and waiting place of each reason.
local REASON = {
  waiting_for_budget = { eligibility = "blocked_by_budget", queue = "budget" },
  waiting_for_quota = { eligibility = "blocked_by_quota", queue = "quota" },
  waiting_for_capable_worker = { eligibility = "blocked_by_route", queue = "route" },
  paused_by_operator = { eligibility = "blocked_by_operator", queue = "operator" },
  paused_by_policy = { eligibility = "blocked_by_lane_state", queue = "operator" },
}

local function refusal_for(core, arg)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase == "terminal" then
    return lease.not_active(core)
  elseif core.lifecycle_phase ~= "runnable" then
    return reply.refuse("execution_not_eligible")
  elseif REASON[arg.blocking_reason] == nil then
    return reply.refuse("invalid_blocking_reason")
  elseif core.eligibility_state == "blocked_by_dependencies" then
    return reply.refuse("execution_not_eligible") -- or its release would pass over what it waits for
  end
  return nil
end

-- Whoever waits in another place than its reason says is never looked at again.
local function check_place(blocked_key, reason)
  local name = "blocked:" .. reason.queue
  if string.sub(blocked_key, -#name - 1) == ":" .. name then
    return nil
  end
  return reply.refuse("invalid_input", "key 3 must be the lane's " .. name .. ", got: " .. blocked_key)
end

return function(key, arg)
  local core = hash.read(key.exec_core, FIELDS)
  local reason = REASON[arg.blocking_reason]
  local refusal = refusal_for(core, arg) or check_place(key.lane_blocked, reason)
  if refusal then
    return refusal
  end
  hash.write(key.exec_core, state.limited(reason.eligibility, arg.blocking_reason, arg.blocking_detail),
    core.attempt_state == "" and state.attempt("pending_first_attempt") or {}, state.touched(arg.now_ms))
  redis.call("ZREM", key.lane_eligible, arg.execution_id)
  redis.call("ZADD", key.lane_blocked, arg.now_ms, arg.execution_id)
  return reply.ok("blocked")
end
