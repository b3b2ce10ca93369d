-- Notes that the siblings which a decided group wanted cancelled have been seen to.

local edgegroup = require("edgegroup")
local reply = require("reply")

return function(key, arg)
  if arg.flow_id == "" or arg.downstream_execution_id == "" then
    return reply.refuse("invalid_args", "flow_id and downstream_eid required")
  end
  local was_ordered = redis.call("SISMEMBER", key.pending_cancel_groups, edgegroup.tuple(arg)) == 1
  local exists = redis.call("EXISTS", key.flow_edgegroup) == 1
  edgegroup.settle_cancel(key, arg)
  if not was_ordered then
    return reply.ok("already_drained", "")
  end
  return reply.ok(exists and "drained" or "drained_sans_group", "")
end
