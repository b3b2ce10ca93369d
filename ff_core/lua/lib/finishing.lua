-- Finishing an execution with success (contract 03b §2).

local completion = require("completion")
local ending = require("ending")
local hash = require("hash")
local lease = require("lease")
local reply = require("reply")

local finishing = {}

local FIELDS = lease.fields_and(unpack(completion.FIELDS))

function finishing.complete(key, arg, now)
  local core = hash.read(key.exec_core, FIELDS)
  local fence, refusal = lease.authorise(key, core, arg, now)
  if refusal then
    return refusal
  end
  hash.write(key.attempt, { "attempt_state", "ended_success", "ended_at", now })
  if arg.result ~= "" then
    redis.call("SET", key.exec_result, arg.result)
  end
  ending.write(key, core, "success", now, lease.RELEASED, lease.UNMARKED)
  ending.release(key, arg.execution_id, fence, core, "completed", now)
  ending.close_extras(key, arg.execution_id, "attempt_success", now)
  redis.call("ZADD", key.lane_terminal, now, arg.execution_id)
  completion.publish(arg.execution_id, core.flow_id, "success")
  return reply.ok("completed")
end

return finishing
