-- Says whether its dependencies let an execution run. Budgets, quotas and delays are not looked at.

local edgegroup = require("edgegroup")
local hash = require("hash")
local number = require("number")
local reply = require("reply")

local FIELDS = { "execution_id", "flow_id", "lifecycle_phase", "ownership_state", "terminal_outcome" }
local COUNTS = { "unsatisfied_required_count", "impossible_required_count" }

-- What a counting group has decided; the counters follow only the groups that wait for all.
local OF_GROUP = { satisfied = "eligible", impossible = "impossible" }

local function by_counters(key, core, meta)
  if number.count(meta.impossible_required_count) > 0 then
    return "impossible"
  elseif number.count(meta.unsatisfied_required_count) > 0 then
    return OF_GROUP[edgegroup.state_of(key.exec_core, core)] or "blocked_by_dependencies"
  end
  return "eligible"
end

local function status(key)
  local core = hash.read(key.exec_core, FIELDS)
  if core == nil then
    return "not_found"
  elseif core.lifecycle_phase ~= "runnable" then
    return "not_runnable"
  elseif core.ownership_state ~= "unowned" then
    return "owned"
  elseif core.terminal_outcome ~= "none" then
    return "terminal"
  end
  return by_counters(key, core, hash.read(key.deps_meta, COUNTS) or {})
end

return function(key)
  return reply.ok(status(key))
end
