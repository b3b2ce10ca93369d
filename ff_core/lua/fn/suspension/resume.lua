-- Resumes a suspended execution without a signal. The trigger leaves no trace.

local clock = require("clock")
local hash = require("hash")
local number = require("number")
local reply = require("reply")
local resumption = require("resumption")
local suspension = require("suspension")
local waitpoint = require("waitpoint")

return function(key, arg)
  local core = hash.read(key.exec_core, resumption.FIELDS)
  if core == nil then
    return reply.refuse("execution_not_found")
  end
  local record = core.lifecycle_phase == "suspended" and suspension.read(key.suspension_current)
  if not record or not suspension.is_open(record) then
    return reply.refuse("execution_not_suspended")
  end
  local now = clock.now()
  suspension.close_record(key.suspension_current, waitpoint.satisfied(now))
  for place, waitpoint_key in ipairs(suspension.waitpoints(key.suspension_current, record)) do
    waitpoint.close(waitpoint_key, waitpoint.satisfied(now))
    -- The condition of the first one stays open, as readers know it; its waitpoint being closed is what counts.
    if place > 1 then
      waitpoint.close_condition(waitpoint_key, "resumed", now)
    end
  end
  local detail = "resume delay " .. number.text(arg.resume_delay_ms) .. "ms"
  return reply.ok(resumption.release(key, arg.execution_id, core, arg.resume_delay_ms, detail, now))
end
