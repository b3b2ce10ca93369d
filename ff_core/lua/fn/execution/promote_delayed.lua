-- Moves a delayed execution whose time has come into the queue. The caller's reading of the server clock decides, and
-- is what gets stamped. Without a stored time (a delay after a resume) the place in the delayed set was time enough.

local hash = require("hash")
local number = require("number")
local queue = require("queue")
local reply = require("reply")
local state = require("state")

local FIELDS = { "lifecycle_phase", "eligibility_state", "delay_until", "priority", "created_at" }

-- Why the entry in the delayed set is a left-over, nil when it is none.
local function fault(core)
  if core == nil then
    return "not_found_cleaned"
  elseif core.lifecycle_phase ~= "runnable" then
    return "not_runnable_cleaned"
  elseif core.eligibility_state ~= "not_eligible_until_time" then
    return "not_delayed_cleaned"
  end
  return nil
end

return function(key, arg)
  local core = hash.read(key.exec_core, FIELDS)
  local leftover = fault(core)
  if leftover then
    redis.call("ZREM", key.lane_delayed, arg.execution_id)
    return reply.ok(leftover)
  end
  if number.count(core.delay_until) > arg.now_ms then
    return reply.ok("not_yet_due")
  end
  hash.write(key.exec_core, state.waiting(), { "delay_until", "" }, state.touched(arg.now_ms))
  redis.call("ZREM", key.lane_delayed, arg.execution_id)
  redis.call("ZADD", key.lane_eligible, queue.score(core.priority, core.created_at), arg.execution_id)
  return reply.ok("promoted")
end
