-- Finishes or drops the cancelling of siblings that a crash has left behind.

local edgegroup = require("edgegroup")
local hash = require("hash")
local reply = require("reply")

local FIELDS = { "policy_variant", "group_state", "cancel_siblings_pending_flag", "cancel_siblings_pending_members" }

local function any_is_running(key, members)
  for member in string.gmatch(members, "[^|]+") do
    if edgegroup.is_running(key, member) then
      return true
    end
  end
  return false
end

return function(key, arg)
  if arg.flow_id == "" or arg.downstream_execution_id == "" then
    return reply.refuse("invalid_args", "flow_id and downstream_eid required")
  end
  local tuple = edgegroup.tuple(arg)
  if redis.call("SISMEMBER", key.pending_cancel_groups, tuple) == 0 then
    return reply.ok("no_op", "not_in_set")
  end
  local group = hash.read(key.flow_edgegroup, FIELDS)
  if group == nil or group.cancel_siblings_pending_flag ~= "true" then
    redis.call("SREM", key.pending_cancel_groups, tuple)
    return reply.ok("sremmed_stale", group and "flag_cleared" or "missing_edgegroup")
  elseif any_is_running(key, group.cancel_siblings_pending_members) then
    return reply.ok("no_op", "siblings_running")
  end
  edgegroup.settle_cancel(key, arg)
  return reply.ok("completed_drain", "")
end
