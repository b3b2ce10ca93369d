-- The edges that enter one member of a flow, as a group (contract 05 §3.2): all of them have to succeed, or any one, or
-- a quorum of k.

local derived = require("derived")
local hash = require("hash")
local number = require("number")

local edgegroup = {}

local FIELDS = {
  "policy_variant",
  "on_satisfied",
  "k",
  "n",
  "succeeded",
  "failed",
  "skipped",
  "group_state",
}

local DECIDED = { satisfied = true, impossible = true, cancelled = true }

-- The group, nil when the member has none or the caller leaves it out.
function edgegroup.read(group_key)
  return group_key ~= "" and hash.read(group_key, FIELDS) or nil
end

-- Does it count outcomes instead of waiting for all?
function edgegroup.is_count(group)
  return group ~= nil and (group.policy_variant == "any_of" or group.policy_variant == "quorum")
end

-- State of the counting group of an execution, nil when it has none: the counters beside the execution follow only
-- groups that wait for all.
function edgegroup.state_of(core_key, core)
  if core.flow_id == "" then
    return nil
  end
  local group = edgegroup.read(derived.flow_edgegroup(core_key, core.flow_id, core.execution_id))
  return edgegroup.is_count(group) and group.group_state or nil
end

function edgegroup.is_decided(group)
  return DECIDED[group.group_state] == true
end

-- The counters with one outcome more, as a field list, and the state that they lead to.
function edgegroup.count(group, counter)
  local counts = {
    succeeded = number.count(group.succeeded),
    failed = number.count(group.failed),
    skipped = number.count(group.skipped),
  }
  counts[counter] = counts[counter] + 1
  counts.sum = counts.succeeded + counts.failed + counts.skipped
  return counts, { counter, counts[counter] }
end

-- satisfied, impossible, or pending while both are possible.
function edgegroup.verdict(group, counts)
  local wanted = group.policy_variant == "quorum" and math.max(number.count(group.k), 1) or 1
  if counts.succeeded >= wanted then
    return "satisfied"
  elseif counts.failed + counts.skipped > number.count(group.n) - wanted then
    return "impossible"
  end
  return "pending"
end

-- Upstream executions of the group that have not ended, each once.
local function running(key)
  local found, seen = {}, {}
  for _, edge_id in ipairs(redis.call("SMEMBERS", key.flow_in)) do
    local edge_key = derived.flow_edge(key.flow_edgegroup, edge_id)
    local upstream = redis.call("HGET", edge_key, "upstream_execution_id") or ""
    if not seen[upstream] and edgegroup.is_running(key, upstream) then
      found[#found + 1] = upstream
    end
    seen[upstream] = true
  end
  return found
end

-- Has an execution of this group's partition begun and not ended?
function edgegroup.is_running(key, execution_id)
  local phase = redis.call("HGET", derived.exec_core(key.flow_edgegroup, execution_id), "lifecycle_phase") or ""
  return phase ~= "" and phase ~= "terminal"
end

-- Orders the others cancelled, now that the group is decided. Answers what the group remembers of that.
function edgegroup.order_cancel(key, arg, state)
  redis.call("SADD", key.pending_cancel_groups, edgegroup.tuple(arg))
  return {
    "cancel_siblings_pending_flag", "true",
    "cancel_siblings_reason", "sibling_quorum_" .. state,
    "cancel_siblings_pending_members", table.concat(running(key), "|"),
  }
end

-- How a group stands among those whose siblings are to be cancelled.
function edgegroup.tuple(arg)
  return arg.flow_id .. "|" .. arg.downstream_execution_id
end

-- Forgets the order, and drops it from those to be done.
function edgegroup.settle_cancel(key, arg)
  redis.call("SREM", key.pending_cancel_groups, edgegroup.tuple(arg))
  redis.call("HDEL", key.flow_edgegroup, "cancel_siblings_pending_flag", "cancel_siblings_pending_members")
end

return edgegroup
