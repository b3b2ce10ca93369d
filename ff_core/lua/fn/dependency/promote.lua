-- Puts an execution that waits for no open dependency into the queue.

local dependant = require("dependant")
local edgegroup = require("edgegroup")
local hash = require("hash")
local number = require("number")
local reply = require("reply")

local function refusal_for(key, core)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "runnable" then
    return reply.refuse("not_runnable")
  elseif core.eligibility_state ~= "blocked_by_dependencies" then
    return reply.refuse("not_blocked_by_deps")
  elseif core.terminal_outcome ~= "none" then
    return reply.refuse("terminal")
  end
  local open = number.count(redis.call("HGET", key.deps_meta, "unsatisfied_required_count"))
  local unresolved = redis.call("SCARD", key.deps_unresolved)
  if open <= 0 and unresolved == 0 or edgegroup.state_of(key.exec_core, core) == "satisfied" then
    return nil
  end
  return reply.refuse("deps_not_satisfied", open, unresolved)
end

return function(key, arg)
  local core = hash.read(key.exec_core, dependant.FIELDS)
  local refusal = refusal_for(key, core)
  if refusal then
    return refusal
  end
  dependant.promote(key, arg.execution_id, core, arg.now_ms)
  return reply.ok()
end
