-- Cancels an execution that has not ended.

local clock = require("clock")
local completion = require("completion")
local derived = require("derived")
local ending = require("ending")
local hash = require("hash")
local history = require("history")
local lease = require("lease")
local reply = require("reply")
local suspension = require("suspension")

local FIELDS = lease.fields_and(unpack(completion.FIELDS))

-- Sets in which it may wait. An entry can be left in one of them after the execution went on (a claim by id waits
-- neither for a delay nor for children), so all are cleared.
local QUEUES = {
  "lane_eligible", "lane_delayed", "lane_blocked_dependencies", "lane_blocked_budget", "lane_blocked_quota",
  "lane_blocked_route", "lane_blocked_operator",
}

local function refusal_for(core, arg)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase == "terminal" then
    return lease.not_active(core)
  elseif core.lifecycle_phase ~= "active" or arg.source == "operator_override" then
    return nil
  elseif core.ownership_state == "lease_revoked" then
    return reply.refuse("lease_revoked")
  elseif arg.lease_id == "" then
    return nil
  elseif arg.lease_id ~= core.current_lease_id or arg.lease_epoch ~= core.current_lease_epoch then
    return reply.refuse("stale_lease")
  end
  return nil
end

local function end_attempt(key, arg, core, now)
  if core.current_attempt_index ~= "" then
    hash.write(key.attempt, {
      "attempt_state", "ended_cancelled",
      "ended_at", now,
      "failure_reason", "cancelled: " .. arg.reason,
    })
  end
end

-- What the end undoes, by the phase that it meets.
local UNDO = {
  active = function(key, arg, core, now)
    end_attempt(key, arg, core, now)
    redis.call("DEL", key.lease_current)
    redis.call("ZREM", key.lease_expiry, arg.execution_id)
    redis.call("SREM", key.worker_leases, arg.execution_id)
    redis.call("ZREM", derived.lane(key.exec_core, core.lane_id, "active"), arg.execution_id)
    history.append(key.lease_history, "released", {
      "lease_id", core.current_lease_id,
      "lease_epoch", core.current_lease_epoch,
      "attempt_index", core.current_attempt_index,
      "reason", "cancelled",
    }, now)
    ending.close_extras(key, arg.execution_id, "attempt_cancelled", now)
  end,
  suspended = function(key, arg, core, now)
    end_attempt(key, arg, core, now)
    local record = suspension.read(key.suspension_current)
    if record then
      suspension.close(key.suspension_current, record, "cancelled", now)
    end
    redis.call("ZREM", derived.lane(key.exec_core, core.lane_id, "suspended"), arg.execution_id)
    redis.call("ZREM", key.suspension_timeout, arg.execution_id)
    ending.close_extras(key, arg.execution_id, "attempt_cancelled", now)
  end,
  runnable = function(key, arg)
    redis.call("ZREM", key.execution_deadline, arg.execution_id)
  end,
}

return function(key, arg)
  local core = hash.read(key.exec_core, FIELDS)
  local refusal = refusal_for(core, arg)
  if refusal then
    return refusal
  end
  local now = clock.now()
  local undo = UNDO[core.lifecycle_phase] or UNDO.runnable
  undo(key, arg, core, now)
  ending.write(key, core, "cancelled", now, {
    "cancellation_reason", arg.reason,
    "cancelled_by", arg.source == "" and arg.execution_id or arg.source,
  }, lease.RELEASED, ending.UNSUSPENDED)
  for _, name in ipairs(QUEUES) do
    redis.call("ZREM", key[name], arg.execution_id)
  end
  redis.call("ZADD", key.lane_terminal, now, arg.execution_id)
  if arg.source ~= "flow_cascade" then
    completion.publish(arg.execution_id, core.flow_id, "cancelled")
  end
  return reply.ok("cancelled", core.lifecycle_phase)
end
