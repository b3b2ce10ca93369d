-- Records an edge in the graph of a flow. The caller says which revision of the graph it has seen; the edge stays
-- pending for ever, its outcome is kept with the downstream member.

local flow = require("flow")
local graph = require("graph")
local hash = require("hash")
local number = require("number")
local reply = require("reply")

local function refusal_for(key, arg, record)
  local revision = record.graph_revision == "" and "0" or record.graph_revision
  if arg.expected_graph_revision ~= revision then
    return reply.refuse("stale_graph_revision")
  end
  local up, down = arg.upstream_execution_id, arg.downstream_execution_id
  local is_member = redis.call("SMISMEMBER", key.flow_members, up, down)
  if is_member[1] == 0 or is_member[2] == 0 then
    return reply.refuse("execution_not_in_flow")
  elseif graph.reaches(key.flow_core, down, up) then
    return reply.refuse("cycle_detected")
  elseif redis.call("EXISTS", key.flow_edge) == 1 then
    return reply.refuse("dependency_already_exists")
  end
  return nil
end

return function(key, arg)
  if arg.upstream_execution_id == arg.downstream_execution_id then
    return reply.refuse("self_referencing_edge")
  end
  local record, refusal = flow.open(key)
  refusal = refusal or refusal_for(key, arg, record)
  if refusal then
    return refusal
  end
  hash.write(key.flow_edge, {
    "edge_id", arg.edge_id,
    "flow_id", arg.flow_id,
    "upstream_execution_id", arg.upstream_execution_id,
    "downstream_execution_id", arg.downstream_execution_id,
    "dependency_kind", arg.dependency_kind,
    "satisfaction_condition", "all_required",
    "data_passing_ref", arg.data_passing_ref,
    "edge_state", "pending",
    "created_at", arg.now_ms,
    "created_by", "engine",
  })
  redis.call("SADD", key.flow_out, arg.edge_id)
  redis.call("SADD", key.flow_in, arg.edge_id)
  local revision = number.count(record.graph_revision) + 1
  hash.write(key.flow_core, {
    "graph_revision", revision,
    "edge_count", number.count(record.edge_count) + 1,
    "last_mutation_at", arg.now_ms,
  })
  return reply.ok(arg.edge_id, revision)
end
