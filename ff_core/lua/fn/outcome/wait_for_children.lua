-- Pauses the caller's own attempt until its child executions have ended.

local clock = require("clock")
local hash = require("hash")
local lease = require("lease")
local number = require("number")
local pausing = require("pausing")
local reply = require("reply")
local state = require("state")

local FIELDS = lease.fields_and("created_at")

return function(key, arg)
  local now = clock.now()
  local core = hash.read(key.exec_core, FIELDS)
  local fence, refusal = lease.authorise(key, core, arg, now)
  if refusal then
    return refusal
  end
  local detail = "waiting for child executions to complete"
  pausing.pause(key, arg.execution_id, fence, core, {
    reason = "waiting_children",
    vector = state.runnable("blocked_by_dependencies", "waiting_for_children", detail),
    more = {},
  }, now)
  redis.call("ZADD", key.lane_blocked_dependencies, number.count(core.created_at), arg.execution_id)
  return reply.ok()
end
