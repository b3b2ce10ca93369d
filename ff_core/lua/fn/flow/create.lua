-- Creates a flow without members. The index entry is restored even for a flow that exists.

local clock = require("clock")
local hash = require("hash")
local reply = require("reply")

return function(key, arg)
  redis.call("SADD", key.flow_index, arg.flow_id)
  if redis.call("EXISTS", key.flow_core) == 1 then
    return reply.already(arg.flow_id)
  end
  local now = clock.now()
  hash.write(key.flow_core, {
    "flow_id", arg.flow_id,
    "flow_kind", arg.flow_kind,
    "namespace", arg.namespace,
    "graph_revision", "0",
    "node_count", "0",
    "edge_count", "0",
    "public_flow_state", "open",
    "created_at", now,
    "last_mutation_at", now,
  })
  return reply.ok(arg.flow_id)
end
