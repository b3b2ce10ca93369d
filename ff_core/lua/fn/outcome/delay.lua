-- Pauses the caller's own attempt until a time; one that is past already is due at once.

local clock = require("clock")
local hash = require("hash")
local lease = require("lease")
local number = require("number")
local pausing = require("pausing")
local reply = require("reply")
local state = require("state")

return function(key, arg)
  local now = clock.now()
  local core = hash.read(key.exec_core, lease.FIELDS)
  local fence, refusal = lease.authorise(key, core, arg, now)
  if refusal then
    return refusal
  end
  local detail = "delayed until " .. number.text(arg.delay_until)
  pausing.pause(key, arg.execution_id, fence, core, {
    reason = "worker_delay",
    vector = state.runnable("not_eligible_until_time", "waiting_for_delay", detail),
    more = { "delay_until", arg.delay_until },
  }, now)
  redis.call("ZADD", key.lane_delayed, arg.delay_until, arg.execution_id)
  return reply.ok(arg.delay_until)
end
