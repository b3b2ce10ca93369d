-- Notes that the cancel which a flow owed one member is settled; the last one takes the flow off the backlog.

local reply = require("reply")

return function(key, arg)
  redis.call("SREM", key.flow_pending_cancels, arg.execution_id)
  if redis.call("EXISTS", key.flow_pending_cancels) == 0 then
    redis.call("ZREM", key.cancel_backlog, arg.flow_id)
  end
  return reply.ok()
end
