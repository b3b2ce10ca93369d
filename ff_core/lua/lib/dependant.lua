-- What becomes of an execution that waited for others (contract 05 §3.1): it may run, or it never will.

local completion = require("completion")
local hash = require("hash")
local queue = require("queue")
local state = require("state")
local stream = require("stream")

local dependant = {}

-- What both moves need of the execution core.
dependant.FIELDS = {
  "execution_id",
  "lifecycle_phase",
  "ownership_state",
  "eligibility_state",
  "terminal_outcome",
  "attempt_state",
  "priority",
  unpack(completion.FIELDS),
}

local INTERRUPTED = { running_attempt = true, attempt_interrupted = true }

-- Puts it into the queue of its lane.
function dependant.promote(key, execution_id, core, now)
  local kept = { ownership_state = core.ownership_state, attempt_state = core.attempt_state }
  if kept.attempt_state == "none" then
    kept.attempt_state = ""
  end
  hash.write(key.exec_core, state.waiting(), state.kept(kept, "pending_first_attempt"), state.touched(now))
  redis.call("ZREM", key.lane_blocked_dependencies, execution_id)
  redis.call("ZADD", key.lane_eligible, queue.score(core.priority, core.created_at), execution_id)
end

local function ended_attempt(core)
  if core.attempt_state == "" then
    return {}
  end
  return state.attempt(INTERRUPTED[core.attempt_state] and "attempt_terminal" or "none")
end

-- Ends it as skipped. Whoever waits for it in turn is told by the message. A lease, and an entry in the queue, are left
-- to those who find them there.
function dependant.skip(key, core, now)
  hash.write(key.exec_core, state.terminal("skipped"), ended_attempt(core), { "completed_at", now },
    state.touched(now))
  completion.record(key.exec_core, core, "skipped", now)
  if INTERRUPTED[core.attempt_state] then
    hash.write(key.attempt, {
      "attempt_state", "ended_cancelled",
      "ended_at", now,
      "failure_reason", "dependency_impossible",
    })
    stream.close(key.stream_meta, "dependency_impossible", now)
  end
  redis.call("ZREM", key.lane_blocked_dependencies, core.execution_id)
  redis.call("ZADD", key.lane_terminal, now, core.execution_id)
  if core.execution_id ~= "" then
    completion.publish(core.execution_id, core.flow_id, "skipped")
  end
end

return dependant
