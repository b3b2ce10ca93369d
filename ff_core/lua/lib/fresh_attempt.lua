-- A claim that begins a new attempt: the first one, a retry or a replay (contract 03a §2).

local attempt = require("attempt")
local claiming = require("claiming")
local derived = require("derived")
local hash = require("hash")
local number = require("number")
local policy = require("policy")
local reply = require("reply")

local fresh_attempt = {}

-- What a start needs of the execution core, besides what its caller checks.
fresh_attempt.FIELDS = {
  "attempt_state",
  "total_attempt_count",
  "current_lease_epoch",
  "started_at",
  "pending_retry_reason",
  "pending_replay_reason",
  "pending_replay_requested_by",
  "pending_previous_attempt_index",
}

local CONSUMED = hash.emptied({
  "pending_retry_reason",
  "pending_replay_reason",
  "pending_replay_requested_by",
  "pending_previous_attempt_index",
})

-- Attempt type and the fields that tell where the attempt comes from.
local function lineage(core)
  if core.attempt_state == "pending_retry_attempt" then
    return "retry", {
      "retry_reason", core.pending_retry_reason,
      "previous_attempt_index", core.pending_previous_attempt_index,
    }
  elseif core.attempt_state == "pending_replay_attempt" then
    return "replay", {
      "replay_reason", core.pending_replay_reason,
      "replay_requested_by", core.pending_replay_requested_by,
      "replayed_from_attempt_index", core.pending_previous_attempt_index,
    }
  end
  return "initial", {}
end

-- Fields of the attempt's own policy, or nil and a refusal.
function fresh_attempt.policy_fields(text)
  if text == "" or text == "{}" then
    return {}
  end
  local document = policy.decode(text)
  if document == nil then
    return nil, reply.refuse("invalid_input", "attempt_policy_json must be a JSON object, got: " .. text)
  end
  return policy.fields(document)
end

-- The timeout runs from now, the deadline is a time; 0 and nil mean none.
local function arm(key, arg, now)
  if (arg.attempt_timeout_ms or 0) ~= 0 then
    redis.call("ZADD", key.attempt_timeout, now + arg.attempt_timeout_ms, arg.execution_id)
  end
  if (arg.execution_deadline_at or 0) ~= 0 then
    redis.call("ZADD", key.execution_deadline, arg.execution_deadline_at, arg.execution_id)
  end
end

-- Starts the next attempt for `owner`. Answers its index and type.
function fresh_attempt.start(key, arg, core, owner, policy_fields, now)
  local index = number.count(core.total_attempt_count)
  local attempt_type, origin = lineage(core)
  attempt.start(key, arg.execution_id, index, owner.attempt_id, attempt_type, owner, origin, now)
  hash.write(derived.attempt_policy(key.exec_core, index), policy_fields)
  claiming.take(key, owner, {
    "current_attempt_index", index,
    "current_attempt_id", owner.attempt_id,
    "total_attempt_count", index + 1,
    "started_at", core.started_at == "" and now or core.started_at,
    unpack(CONSUMED),
  }, now)
  redis.call("ZREM", key.lane_eligible, arg.execution_id)
  arm(key, arg, now)
  return index, attempt_type
end

-- History fields of the claim that started attempt `index`.
function fresh_attempt.acquired(owner, index)
  return {
    "lease_id", owner.lease_id,
    "lease_epoch", owner.epoch,
    "attempt_id", owner.attempt_id,
    "attempt_index", index,
    "worker_id", owner.worker_id,
  }
end

return fresh_attempt
