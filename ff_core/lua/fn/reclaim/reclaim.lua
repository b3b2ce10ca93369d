-- Starts a new attempt of an execution whose worker was lost. One that was lost too often fails instead: the reply is a
-- refusal, yet the execution has ended.

local attempt = require("attempt")
local claiming = require("claiming")
local clock = require("clock")
local completion = require("completion")
local derived = require("derived")
local ending = require("ending")
local grant = require("grant")
local hash = require("hash")
local history = require("history")
local indexes = require("indexes")
local lease = require("lease")
local number = require("number")
local policy = require("policy")
local reclaiming = require("reclaiming")
local reply = require("reply")
local stream = require("stream")

local FIELDS = lease.fields_and("total_attempt_count", "lease_reclaim_count", unpack(completion.FIELDS))

local DISOWNED = hash.emptied({ "current_lease_id", "current_worker_id", "current_worker_instance_id" })

local function limit_of(key, arg)
  local document = policy.decode(redis.call("GET", derived.exec_policy(key.exec_core)) or "")
  return number.parse(document and document.max_reclaim_count) or arg.default_max_reclaim_count or 100
end

local function give_up(key, arg, core, now)
  ending.write(key, core, "failed", now, { "failure_reason", "max_reclaims_exceeded" }, DISOWNED)
  redis.call("DEL", key.lease_current)
  indexes.leave_active(key, arg.execution_id)
  redis.call("SREM", derived.worker_leases(key.exec_core, core.current_worker_instance_id), arg.execution_id)
  redis.call("ZREM", key.execution_deadline, arg.execution_id)
  redis.call("ZADD", derived.lane(key.exec_core, core.lane_id, "terminal"), now, arg.execution_id)
end

local function end_lost_attempt(key, arg, core, reason, now)
  hash.write(key.attempt, { "attempt_state", "interrupted_reclaimed", "ended_at", now, "failure_reason", reason })
  stream.close(key.stream_meta, "reclaimed", now)
  if core.current_worker_instance_id ~= arg.worker_instance_id then
    redis.call("SREM", derived.worker_leases(key.exec_core, core.current_worker_instance_id), arg.execution_id)
  end
end

local function start(key, arg, core, reason, now)
  local index = number.count(core.total_attempt_count)
  local owner = claiming.owner(arg, arg.attempt_id, number.count(core.current_lease_epoch), nil, now)
  local origin = { "reclaim_reason", reason, "previous_attempt_index", core.current_attempt_index }
  attempt.start(key, arg.execution_id, index, owner.attempt_id, "reclaim", owner, origin, now)
  claiming.take(key, owner, {
    "current_attempt_index", index,
    "current_attempt_id", owner.attempt_id,
    "total_attempt_count", index + 1,
    "lease_reclaim_count", number.count(core.lease_reclaim_count) + 1,
    unpack(lease.UNMARKED),
  }, now)
  history.append(key.lease_history, "reclaimed", {
    "old_lease_epoch", core.current_lease_epoch,
    "new_lease_id", owner.lease_id,
    "new_lease_epoch", owner.epoch,
    "new_attempt_id", owner.attempt_id,
    "new_attempt_index", index,
    "worker_id", owner.worker_id,
  }, now)
  return reply.ok(owner.lease_id, owner.epoch, owner.expires_at, owner.attempt_id, index, "reclaim")
end

return function(key, arg)
  local now = clock.now()
  local core = hash.read(key.exec_core, FIELDS)
  local refusal = reclaiming.check(core)
  if refusal then
    return refusal
  end
  local limit = limit_of(key, arg)
  if number.count(core.lease_reclaim_count) >= limit then
    give_up(key, arg, core, now)
    return reply.refuse("max_retries_exhausted", limit)
  end
  local _
  _, refusal = grant.of_worker(key, arg.worker_id)
  if refusal then
    return refusal
  end
  local reason = "lease_" .. core.ownership_state
  end_lost_attempt(key, arg, core, reason, now)
  return start(key, arg, core, reason, now)
end
