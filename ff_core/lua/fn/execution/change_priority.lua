-- Gives a waiting execution another priority, and with it another place in the queue of its lane.

local clock = require("clock")
local hash = require("hash")
local number = require("number")
local queue = require("queue")
local reply = require("reply")

return function(key, arg)
  local core = hash.read(key.exec_core, { "lifecycle_phase", "eligibility_state", "priority", "created_at" })
  if core == nil then
    return reply.refuse("execution_not_found")
  end
  if core.lifecycle_phase ~= "runnable" or core.eligibility_state ~= "eligible_now" then
    return reply.refuse("execution_not_eligible")
  end
  local priority = queue.clamp(arg.new_priority)
  hash.write(key.exec_core, { "priority", priority, "last_mutation_at", clock.now() })
  redis.call("ZADD", key.lane_eligible, queue.score(priority, core.created_at), arg.execution_id)
  return reply.ok(number.count(core.priority), priority)
end
