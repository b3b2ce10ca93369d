-- Reserves an execution whose worker was lost for one worker.

local capability = require("capability")
local clock = require("clock")
local grant = require("grant")
local hash = require("hash")
local reclaiming = require("reclaiming")
local reply = require("reply")

return function(key, arg)
  local core = hash.read(key.exec_core, { "lifecycle_phase", "ownership_state", "required_capabilities" })
  local refusal = reclaiming.check(core)
  if refusal then
    return refusal
  end
  if grant.exists(key) then
    return reply.refuse("grant_already_exists")
  end
  local now = clock.now()
  refusal = capability.check(key.exec_core, core.required_capabilities, arg.worker_capabilities_csv, now)
  if refusal then
    return refusal
  end
  return reply.ok(arg.execution_id, grant.issue(key, arg, now))
end
