-- Runs an execution that has ended again. A skipped member of a flow waits anew for the edges that were impossible; the
-- caller lists all of its edges. The group of those edges is not touched, whoever replays resets it.

local clock = require("clock")
local derived = require("derived")
local hash = require("hash")
local history = require("history")
local number = require("number")
local policy = require("policy")
local queue = require("queue")
local reply = require("reply")
local state = require("state")

local FIELDS = {
  "execution_id",
  "flow_id",
  "lifecycle_phase",
  "terminal_outcome",
  "replay_count",
  "priority",
  "created_at",
}

local DEFAULT_LIMIT = 10

local function limit_of(core_key)
  local document = policy.decode(redis.call("GET", derived.exec_policy(core_key)) or "")
  local limit = document and document.max_replay_count
  return type(limit) == "number" and limit or DEFAULT_LIMIT
end

-- Does it go back to waiting for the edges that enter it?
local function was_skipped(core)
  return core.terminal_outcome == "skipped" and core.flow_id ~= ""
end

local function check_edges(key, arg)
  if key.deps_unresolved == nil or #key.rest < #arg.rest then
    return reply.refuse("invalid_input", "a skipped flow member needs 7 keys and one for each of its edges")
  end
  return nil
end

local function refusal_for(key, arg, core)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "terminal" then
    return reply.refuse("execution_not_terminal")
  elseif number.count(core.replay_count) >= limit_of(key.exec_core) then
    return reply.refuse("max_replays_exhausted")
  end
  return was_skipped(core) and check_edges(key, arg) or nil
end

-- Writes the state of the execution and its way out of the ended ones; `kind` goes into the history.
local function restart(key, arg, core, vector, kind, now)
  local count = number.count(core.replay_count) + 1
  hash.write(key.exec_core, vector, state.attempt("pending_replay_attempt"), {
    "pending_replay_attempt", "1",
    "replay_count", count,
    "completed_at", "",
  }, state.touched(now))
  redis.call("ZREM", key.lane_terminal, arg.execution_id)
  history.append(key.lease_history, "replay_initiated", { "replay_count", count, "replay_type", kind }, now)
end

-- Opens the listed edges that were impossible; answers how many of the listed ones are open.
local function reopen(key, arg)
  local open, reopened, seen = 0, {}, {}
  for place, edge in ipairs(arg.rest) do
    local edge_key = key.rest[place].dep_edge
    local edge_state = not seen[edge_key] and redis.call("HGET", edge_key, "state") or ""
    seen[edge_key] = true
    if edge_state == "impossible" then
      hash.write(edge_key, { "state", "unsatisfied", "last_resolved_at", "" })
      reopened[#reopened + 1] = edge.edge_id
    end
    open = open + ((edge_state == "impossible" or edge_state == "unsatisfied") and 1 or 0)
  end
  for _, edge_id in ipairs(reopened) do
    redis.call("SADD", key.deps_unresolved, edge_id)
  end
  return open
end

local function wait_again(key, arg, core, now)
  local open = reopen(key, arg)
  hash.write(key.deps_meta, {
    "unsatisfied_required_count", open,
    "impossible_required_count", "0",
    "last_dependency_update_at", now,
  })
  local detail = number.text(open) .. " dep(s) unsatisfied after replay"
  local vector = state.runnable("blocked_by_dependencies", "waiting_for_children", detail)
  restart(key, arg, core, vector, "skipped_flow_member", now)
  redis.call("ZADD", key.lane_blocked_dependencies, number.text(number.count(core.created_at)), arg.execution_id)
  return reply.ok(open)
end

return function(key, arg)
  local core = hash.read(key.exec_core, FIELDS)
  local refusal = refusal_for(key, arg, core)
  if refusal then
    return refusal
  end
  local now = clock.now()
  if was_skipped(core) then
    return wait_again(key, arg, core, now)
  end
  restart(key, arg, core, state.waiting(), "normal", now)
  redis.call("ZADD", key.lane_eligible, queue.score(core.priority, core.created_at), arg.execution_id)
  return reply.ok("0")
end
