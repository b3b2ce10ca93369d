-- Creating an execution (contract 03a §2). Whoever is not in all_executions is new, so the SADD there is the test for
-- it as well; only a member needs a look at its core (retention takes the core first).

local derived = require("derived")
local hash = require("hash")
local number = require("number")
local policy = require("policy")
local queue = require("queue")
local reply = require("reply")
local state = require("state")

local creation = {}

local COUNTERS = {
  "total_attempt_count", "0",
  "retry_count", "0",
  "replay_count", "0",
  "lease_reclaim_count", "0",
  "current_lease_epoch", "0",
}

local UNSET = hash.emptied({
  "current_attempt_index", "current_attempt_id", "current_lease_id", "current_worker_id",
  "current_worker_instance_id", "started_at", "completed_at", "lease_acquired_at", "lease_expires_at",
  "lease_last_renewed_at", "lease_renewal_deadline", "lease_expired_at", "lease_revoked_at", "lease_revoke_reason",
  "current_suspension_id", "current_waitpoint_id", "pending_retry_reason", "pending_replay_reason",
  "pending_replay_requested_by", "pending_previous_attempt_index", "progress_pct", "progress_message",
  "progress_updated_at", "flow_id",
})

local function identity(arg, priority, now)
  return {
    "execution_id", arg.execution_id,
    "namespace", arg.namespace,
    "lane_id", arg.lane_id,
    "execution_kind", arg.execution_kind,
    "partition_id", arg.partition_id,
    "priority", priority,
    "creator_identity", arg.creator_identity,
    "current_lane", arg.lane_id,
    "created_at", now,
  }
end

function creation.is_delayed(arg, now)
  return arg.delay_until ~= nil and arg.delay_until > now
end

-- State, delay, score in the scheduling index and public state. The index itself is the caller's choice.
local function plan(arg, priority, now)
  if creation.is_delayed(arg, now) then
    local detail = "delayed until " .. number.text(arg.delay_until)
    local vector = state.runnable("not_eligible_until_time", "waiting_for_delay", detail)
    return vector, { "delay_until", arg.delay_until }, arg.delay_until, "delayed"
  end
  return state.waiting(), { "delay_until", "" }, queue.score(priority, now), "waiting"
end

local function store_texts(key, arg)
  local texts = {}
  if arg.input_payload ~= "" then
    texts = { key.exec_payload, arg.input_payload }
  end
  if arg.policy_json ~= "" then
    texts[#texts + 1] = key.exec_policy
    texts[#texts + 1] = arg.policy_json
  end
  if #texts > 0 then
    redis.call("MSET", unpack(texts))
  end
end

-- Tags that are no JSON object or array are passed over.
local function store_tags(key, arg)
  if arg.tags_json ~= "" and arg.tags_json ~= "{}" then
    local tags = policy.decode(arg.tags_json)
    hash.write(key.exec_tags, tags and policy.fields(tags) or {})
  end
end

local function has_idempotency(key)
  return key.idempotency ~= "" and not derived.is_noop(key.idempotency)
end

-- The execution that this call repeats, if any, and a refusal of its policy. Joins all_executions where neither is.
local function enlist(key, arg)
  local first = has_idempotency(key) and redis.call("GET", key.idempotency)
  if first then
    return first, nil
  end
  local required, refusal = policy.required_capabilities(arg.policy_json)
  local is_new = refusal == nil and redis.call("SADD", key.all_executions, arg.execution_id) == 1
  if not is_new and redis.call("EXISTS", key.exec_core) == 1 then
    return arg.execution_id, nil
  end
  return nil, refusal, required
end

function creation.create(key, arg, now)
  local first, refusal, required = enlist(key, arg)
  if first then
    return reply.duplicate(first)
  elseif refusal then
    return refusal
  end
  local priority = queue.clamp(arg.priority)
  local vector, delay, score, public = plan(arg, priority, now)
  local requirement = required == "" and {} or { "required_capabilities", required }
  hash.write(key.exec_core, identity(arg, priority, now), vector, state.attempt("pending_first_attempt"), delay,
    COUNTERS, requirement, state.touched(now), UNSET)
  redis.call("ZADD", key.scheduling, score, arg.execution_id)
  store_texts(key, arg)
  store_tags(key, arg)
  if arg.execution_deadline_at then
    redis.call("ZADD", key.execution_deadline, arg.execution_deadline_at, arg.execution_id)
  end
  if arg.dedup_ttl_ms > 0 and has_idempotency(key) then
    redis.call("SET", key.idempotency, arg.execution_id, "PX", math.max(number.whole(arg.dedup_ttl_ms), 1))
  end
  return reply.ok(arg.execution_id, public)
end

return creation
