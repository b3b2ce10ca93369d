-- Reserves an eligible execution for one worker. It stays in the queue until the worker claims it.

local capability = require("capability")
local clock = require("clock")
local grant = require("grant")
local hash = require("hash")
local reply = require("reply")

return function(key, arg)
  local core = hash.read(key.exec_core, { "lifecycle_phase", "eligibility_state", "required_capabilities" })
  if core == nil then
    return reply.refuse("execution_not_found")
  end
  if core.lifecycle_phase ~= "runnable" or core.eligibility_state ~= "eligible_now" then
    return reply.refuse("execution_not_eligible")
  end
  if grant.exists(key) then
    return reply.refuse("grant_already_exists")
  end
  if not redis.call("ZSCORE", key.lane_eligible, arg.execution_id) then
    return reply.refuse("execution_not_in_eligible_set")
  end
  local now = clock.now()
  local refusal = capability.check(key.exec_core, core.required_capabilities, arg.worker_capabilities_csv, now)
  if refusal then
    return refusal
  end
  grant.issue(key, arg, now)
  return reply.ok(arg.execution_id)
end
