-- Tells the downstream member of an edge how the upstream one has ended. The outcome is taken as given.

local dependant = require("dependant")
local edgegroup = require("edgegroup")
local hash = require("hash")
local number = require("number")
local reply = require("reply")

-- Which counter of the group an outcome goes into; whatever is neither success nor skip is a failure.
local COUNTER = { success = "succeeded", skipped = "skipped" }

local RESOLVED = { satisfied = true, impossible = true }

local function close_edge(key, arg, edge_state)
  hash.write(key.dep_edge, { "state", edge_state, "last_resolved_at", arg.now_ms })
  redis.call("SREM", key.deps_unresolved, arg.edge_id)
end

-- Hands the result of the upstream execution on as payload, where the edge says so. Answers what the reply says of it.
local function pass_data(key, edge, core)
  if edge.data_passing_ref == "" or core.terminal_outcome ~= "none" then
    return ""
  end
  return redis.call("COPY", key.upstream_result, key.exec_payload, "REPLACE") == 1 and "data_injected" or ""
end

local function release(key, arg, core)
  local waits = core.lifecycle_phase == "runnable"
    and core.ownership_state == "unowned"
    and core.terminal_outcome == "none"
    and core.eligibility_state == "blocked_by_dependencies"
  if waits then
    dependant.promote(key, core.execution_id, core, arg.now_ms)
  end
end

local function skip(key, arg)
  local core = hash.read(key.exec_core, dependant.FIELDS)
  if core == nil or core.terminal_outcome ~= "none" then
    return ""
  end
  dependant.skip(key, core, arg.now_ms)
  return "child_skipped"
end

-- Every edge has to succeed: the last success releases the member, the first other outcome skips it.
local all_of = {}

function all_of.satisfied(key, arg, edge, group)
  local rest = number.count(redis.call("HGET", key.deps_meta, "unsatisfied_required_count")) - 1
  hash.write(key.deps_meta, { "unsatisfied_required_count", rest, "last_dependency_update_at", arg.now_ms })
  if group then
    local _, counter = edgegroup.count(group, "succeeded")
    hash.write(key.flow_edgegroup, counter, rest == 0 and { "group_state", "satisfied" } or {})
  end
  if rest ~= 0 and edge.data_passing_ref == "" then
    return reply.ok("satisfied", "")
  end
  local core = hash.read(key.exec_core, dependant.FIELDS)
  if core == nil then
    return reply.ok("satisfied", "")
  end
  local effect = pass_data(key, edge, core)
  if rest == 0 then
    release(key, arg, core)
  end
  return reply.ok("satisfied", effect)
end

function all_of.impossible(key, arg, _, group)
  local meta = hash.read(key.deps_meta, { "unsatisfied_required_count", "impossible_required_count" }) or {}
  hash.write(key.deps_meta, {
    "unsatisfied_required_count", number.count(meta.unsatisfied_required_count) - 1,
    "impossible_required_count", number.count(meta.impossible_required_count) + 1,
    "last_dependency_update_at", arg.now_ms,
  })
  if group then
    local _, counter = edgegroup.count(group, "failed")
    hash.write(key.flow_edgegroup, counter, { "group_state", "impossible" })
  end
  return reply.ok("impossible", skip(key, arg))
end

-- The group has just been decided.
local function fire(key, arg, edge, verdict)
  if verdict == "impossible" then
    return reply.ok("impossible", skip(key, arg))
  end
  local core = hash.read(key.exec_core, dependant.FIELDS)
  if core == nil then
    return reply.ok("satisfied", "")
  end
  local effect = pass_data(key, edge, core)
  release(key, arg, core)
  return reply.ok("satisfied", effect)
end

-- Outcomes are counted until enough have succeeded or too many have not.
local function count(key, arg, edge, group)
  local counts, counter = edgegroup.count(group, COUNTER[arg.upstream_outcome] or "failed")
  local total = number.count(group.n)
  if counts.sum > total then
    hash.write(key.flow_edgegroup, counter)
    local message = "edgegroup counters exceed n: " .. number.text(counts.sum) .. "/" .. number.text(total)
    return reply.refuse("invariant_violation", message)
  elseif edgegroup.is_decided(group) then
    hash.write(key.flow_edgegroup, counter)
    return reply.ok("already_fired", "")
  end
  local verdict = edgegroup.verdict(group, counts)
  if verdict == "pending" then
    hash.write(key.flow_edgegroup, counter)
    return reply.ok("pending", "")
  end
  local order = group.on_satisfied == "cancel_remaining" and edgegroup.order_cancel(key, arg, verdict) or {}
  local fired = verdict == "satisfied" and { "satisfied_at", arg.now_ms } or {}
  hash.write(key.flow_edgegroup, counter, { "group_state", verdict }, fired, order)
  return fire(key, arg, edge, verdict)
end

-- A group that has its siblings cancelled needs to know them, and itself.
local function lacks_siblings(key, arg, group)
  local given = { key.flow_in or "", key.pending_cancel_groups or "", arg.flow_id, arg.downstream_execution_id }
  for _, text in ipairs(given) do
    if text == "" then
      return edgegroup.is_count(group) and group.on_satisfied == "cancel_remaining"
    end
  end
  return false
end

return function(key, arg)
  local edge = hash.read(key.dep_edge, { "state", "data_passing_ref", "edge_id" })
  if edge == nil then
    return reply.refuse("invalid_dependency")
  elseif RESOLVED[edge.state] then
    return reply.ok("already_resolved")
  end
  local group = edgegroup.read(key.flow_edgegroup)
  if lacks_siblings(key, arg, group) then
    return reply.refuse("invalid_input", "a cancel_remaining group needs 14 keys, flow_id and downstream_execution_id")
  end
  local edge_state = arg.upstream_outcome == "success" and "satisfied" or "impossible"
  close_edge(key, arg, edge_state)
  if edgegroup.is_count(group) then
    return count(key, arg, edge, group)
  end
  return all_of[edge_state](key, arg, edge, group)
end
