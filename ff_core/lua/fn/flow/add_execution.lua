-- Makes an execution a member of a flow and stamps the flow on it. Whatever state the execution is in stays as it is.

local clock = require("clock")
local flow = require("flow")
local hash = require("hash")
local number = require("number")
local reply = require("reply")

return function(key, arg)
  local record, refusal = flow.open(key)
  if refusal then
    return refusal
  end
  local core = hash.read(key.exec_core, { "execution_id", "flow_id", "lifecycle_phase" })
  if core == nil then
    return reply.refuse("execution_not_found")
  end
  redis.call("SADD", key.flow_index, arg.flow_id) -- heals the index, even for one who may not join
  if core.flow_id ~= "" and core.flow_id ~= arg.flow_id then
    return reply.refuse("already_member_of_different_flow:" .. core.flow_id)
  end
  local is_new = redis.call("SADD", key.flow_members, arg.execution_id) == 1
  hash.write(key.exec_core, { "flow_id", arg.flow_id })
  local members = number.count(record.node_count)
  if not is_new then
    return reply.already(arg.execution_id, members)
  end
  hash.write(key.flow_core, {
    "node_count", members + 1,
    "graph_revision", number.count(record.graph_revision) + 1,
    "last_mutation_at", clock.now(),
  })
  return reply.ok(arg.execution_id, members + 1)
end
