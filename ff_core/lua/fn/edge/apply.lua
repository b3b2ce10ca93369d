-- Has the downstream member of an edge wait for it. One that runs, is suspended or has ended gets the records only.

local hash = require("hash")
local number = require("number")
local reply = require("reply")
local state = require("state")

local FIELDS = {
  "execution_id",
  "flow_id",
  "lifecycle_phase",
  "ownership_state",
  "terminal_outcome",
  "attempt_state",
  "created_at",
}

local function write_edge(key, arg, core)
  hash.write(key.dep_edge, {
    "edge_id", arg.edge_id,
    "flow_id", arg.flow_id,
    "upstream_execution_id", arg.upstream_execution_id,
    "downstream_execution_id", core.execution_id,
    "dependency_kind", arg.dependency_kind,
    "state", "unsatisfied",
    "data_passing_ref", arg.data_passing_ref,
    "last_resolved_at", "",
  })
  redis.call("SADD", key.deps_unresolved, arg.edge_id)
  redis.call("SADD", key.deps_all_edges, arg.edge_id)
end

-- A member whose group nobody has chosen waits for all.
local function join_group(key)
  if key.flow_edgegroup == "" then
    return
  end
  local group = hash.read(key.flow_edgegroup, { "policy_variant", "n" })
  if group == nil or group.policy_variant == "" then
    hash.write(key.flow_edgegroup, {
      "policy_variant", "all_of",
      "n", "1",
      "succeeded", "0",
      "group_state", "pending",
    })
    return
  end
  hash.write(key.flow_edgegroup, { "n", number.count(group.n) + 1 })
end

local function block(key, arg, core, open)
  local detail = number.text(open) .. " dep(s) unresolved incl " .. arg.edge_id
  local vector = state.runnable("blocked_by_dependencies", "waiting_for_children", detail)
  hash.write(key.exec_core, vector, state.kept(core, "pending_first_attempt"), state.touched(arg.now_ms))
  redis.call("ZREM", key.lane_eligible, core.execution_id)
  redis.call("ZADD", key.lane_blocked_dependencies, number.text(number.count(core.created_at)), core.execution_id)
end

return function(key, arg)
  local core = hash.read(key.exec_core, FIELDS)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.flow_id ~= "" and core.flow_id ~= arg.flow_id then
    return reply.refuse("execution_already_in_flow")
  elseif redis.call("EXISTS", key.dep_edge) == 1 then
    return reply.ok("already_applied")
  end
  local open = number.count(redis.call("HGET", key.deps_meta, "unsatisfied_required_count")) + 1
  write_edge(key, arg, core)
  hash.write(key.deps_meta, {
    "unsatisfied_required_count", open,
    "flow_id", arg.flow_id,
    "last_flow_graph_revision", arg.graph_revision,
    "last_dependency_update_at", arg.now_ms,
  })
  join_group(key)
  if core.lifecycle_phase == "runnable" and core.terminal_outcome == "none" then
    block(key, arg, core, open)
  end
  return reply.ok(open)
end
