-- Key names that the library builds itself (contract 03a 1.4), from the keys and ids it was given.
-- The only place with "ff:" texts on the Lua side.

local derived = {}

derived.completions_channel = "ff:dag:completions"

-- `{fp:7}:{fp:7}:<uuid>`: partition tag and execution id, out of the key of the execution core.
local function scope(core_key)
  return string.match(core_key, "^ff:exec:(.*):core$")
end

local function tag(core_key)
  return string.match(core_key, "({.-})")
end

function derived.attempt(core_key, index)
  return "ff:attempt:" .. scope(core_key) .. ":" .. index
end

function derived.attempt_usage(core_key, index)
  return derived.attempt(core_key, index) .. ":usage"
end

function derived.attempt_policy(core_key, index)
  return derived.attempt(core_key, index) .. ":policy"
end

function derived.stream_meta(core_key, index)
  return "ff:stream:" .. scope(core_key) .. ":" .. index .. ":meta"
end

function derived.exec_policy(core_key)
  return (string.gsub(core_key, ":core$", ":policy"))
end

function derived.exec_core(any_key, id)
  return "ff:exec:" .. tag(any_key) .. ":" .. id .. ":core"
end

function derived.execution_id(core_key)
  return string.match(core_key, "^ff:exec:{.-}:(.*):core$")
end

function derived.completions(core_key)
  return "ffx:completions:" .. tag(core_key)
end

-- How many completions there were, and how many are kept.
function derived.completions_meta(completions_key)
  return completions_key .. ":meta"
end

local OF_EXECUTION = {
  exec_core = "core",
  exec_payload = "payload",
  exec_policy = "policy",
  exec_result = "result",
  exec_tags = "tags",
  attempts = "attempts",
  claim_grant = "claim_grant",
  lease_current = "lease:current",
  lease_history = "lease:history",
}
local OF_LANE = {
  lane_active = "active",
  lane_delayed = "delayed",
  lane_eligible = "eligible",
  lane_terminal = "terminal",
}
local OF_PARTITION = { "all_executions", "attempt_timeout", "execution_deadline", "lease_expiry" }

-- What creating, claiming or finishing an execution needs, by the names in the contract, where a call has but its id.
function derived.keys(any_key, execution_id, lane)
  local keys, partition = {}, tag(any_key)
  for name, ending in pairs(OF_EXECUTION) do
    keys[name] = "ff:exec:" .. partition .. ":" .. execution_id .. ":" .. ending
  end
  for name, ending in pairs(OF_LANE) do
    keys[name] = derived.lane(any_key, lane, ending)
  end
  for _, name in ipairs(OF_PARTITION) do
    keys[name] = "ff:idx:" .. partition .. ":" .. name
  end
  return keys
end

-- Does the execution lie on the partition of this key?
function derived.is_beside(any_key, execution_id)
  local start = tag(any_key) .. ":"
  return string.sub(execution_id, 1, #start) == start
end

-- Empty where the caller gives no idempotency key.
function derived.idempotency(any_key, namespace, text)
  return text == "" and "" or "ff:idem:" .. tag(any_key) .. ":" .. namespace .. ":" .. text
end

-- `ff:flow:{fp:7}:<uuid>:`, out of the key of the flow core or of an edge group.
local function flow(flow_key)
  return string.match(flow_key, "^(.*:)core$") or string.match(flow_key, "^(.-:)edgegroup:") or flow_key
end

function derived.flow_edge(flow_key, edge_id)
  return flow(flow_key) .. "edge:" .. edge_id
end

function derived.flow_out(flow_key, execution_id)
  return flow(flow_key) .. "out:" .. execution_id
end

function derived.flow_edgegroup(core_key, flow_id, execution_id)
  return "ff:flow:" .. tag(core_key) .. ":" .. flow_id .. ":edgegroup:" .. execution_id
end

-- `name` is the end of the key: eligible, delayed, active, terminal, suspended, blocked:route ...
function derived.lane(core_key, lane, name)
  return "ff:idx:" .. tag(core_key) .. ":lane:" .. lane .. ":" .. name
end

function derived.waitpoint(any_key, id)
  return "ff:wp:" .. tag(any_key) .. ":" .. id
end

function derived.waitpoint_signals(waitpoint_key)
  return waitpoint_key .. ":signals"
end

function derived.waitpoint_condition(waitpoint_key)
  return waitpoint_key .. ":condition"
end

-- Waitpoints that were opened before a suspension, activated or not: what retention has to look at besides the set of
-- activated ones.
function derived.early_waitpoints(core_key)
  return "ffx:exec:" .. scope(core_key) .. ":waitpoints"
end

function derived.satisfied_set(suspension_key)
  return suspension_key .. ":satisfied_set"
end

function derived.satisfied_signals(suspension_key)
  return suspension_key .. ":satisfied_set:signals"
end

function derived.member_map(suspension_key)
  return suspension_key .. ":member_map"
end

function derived.worker_leases(core_key, instance)
  return "ff:idx:" .. tag(core_key) .. ":worker:" .. instance .. ":leases"
end

function derived.is_noop(key)
  return string.find(key, "ff:noop:", 1, true) ~= nil
end

return derived
