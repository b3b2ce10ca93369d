-- Ends an execution whose attempt timeout or deadline has passed. That it has is the caller's word.

local clock = require("clock")
local completion = require("completion")
local derived = require("derived")
local ending = require("ending")
local hash = require("hash")
local lease = require("lease")
local reply = require("reply")
local stream = require("stream")
local suspension = require("suspension")
local waitpoint = require("waitpoint")

local FIELDS = lease.fields_and("eligibility_state", unpack(completion.FIELDS))

local DISOWNED = hash.emptied({
  "current_lease_id", "current_worker_id", "current_worker_instance_id", "lease_expires_at",
})

local QUEUES = {
  eligible_now = "eligible",
  not_eligible_until_time = "delayed",
  blocked_by_dependencies = "blocked:dependencies",
  blocked_by_budget = "blocked:budget",
  blocked_by_quota = "blocked:quota",
  blocked_by_route = "blocked:route",
  blocked_by_operator = "blocked:operator",
}

local function end_attempt(key, arg, core, now)
  if core.current_attempt_index ~= "" then
    hash.write(key.attempt, {
      "attempt_state", "ended_failure",
      "ended_at", now,
      "failure_reason", arg.expire_reason,
    })
  end
  stream.close(key.stream_meta, "expired", now)
end

local function leave_queue(key, core, execution_id, name)
  redis.call("ZREM", derived.lane(key.exec_core, core.lane_id, name), execution_id)
end

-- What the end undoes, by the phase that it meets.
local UNDO = {
  active = function(key, arg, core, now)
    end_attempt(key, arg, core, now)
    local holder = { lease_id = core.current_lease_id, lease_epoch = core.current_lease_epoch }
    ending.release(key, arg.execution_id, holder, core, "expired:" .. arg.expire_reason, now)
    redis.call("SREM", derived.worker_leases(key.exec_core, core.current_worker_instance_id), arg.execution_id)
  end,
  suspended = function(key, arg, core, now)
    end_attempt(key, arg, core, now)
    if redis.call("EXISTS", key.suspension_current) == 1 then
      suspension.close_record(key.suspension_current, waitpoint.ended("expired:" .. arg.expire_reason, now))
    end
    redis.call("ZREM", key.lane_suspended, arg.execution_id)
    redis.call("ZREM", key.suspension_timeout, arg.execution_id)
  end,
  runnable = function(key, arg, core)
    local waits_in = QUEUES[core.eligibility_state]
    for _, name in pairs(waits_in and { waits_in } or QUEUES) do
      leave_queue(key, core, arg.execution_id, name)
    end
  end,
}

return function(key, arg)
  local core = hash.read(key.exec_core, FIELDS)
  redis.call("ZREM", key.attempt_timeout, arg.execution_id)
  redis.call("ZREM", key.execution_deadline, arg.execution_id)
  if core == nil then
    return reply.ok("not_found_cleaned")
  elseif core.lifecycle_phase == "terminal" then
    return reply.ok("already_terminal")
  end
  local now = clock.now()
  local undo = UNDO[core.lifecycle_phase] or UNDO.runnable
  undo(key, arg, core, now)
  ending.write(key, core, "expired", now, { "failure_reason", arg.expire_reason }, DISOWNED, ending.UNSUSPENDED)
  redis.call("ZADD", key.lane_terminal, now, arg.execution_id)
  completion.publish(arg.execution_id, core.flow_id, "expired")
  return reply.ok("expired", core.lifecycle_phase)
end
