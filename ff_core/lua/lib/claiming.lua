-- What every way of getting a lease writes: the lease record, the owner in the core, the active indexes
-- (contract 03a §2, 03b §3, 04 §8).
--
-- `owner`: execution_id, attempt_id, lease_id, epoch, worker_id, worker_instance_id, lane, expires_at and
-- renewal_deadline.

local attempt = require("attempt")
local derived = require("derived")
local hash = require("hash")
local history = require("history")
local indexes = require("indexes")
local lease = require("lease")
local number = require("number")
local state = require("state")

local claiming = {}

-- The owner that this call makes, from its arguments and the core's last epoch.
function claiming.owner(arg, attempt_id, last_epoch, renewal_deadline, now)
  return {
    execution_id = arg.execution_id,
    attempt_id = attempt_id,
    lease_id = arg.lease_id,
    epoch = last_epoch + 1,
    worker_id = arg.worker_id,
    worker_instance_id = arg.worker_instance_id,
    lane = arg.lane,
    expires_at = now + arg.lease_ttl_ms,
    renewal_deadline = renewal_deadline or lease.renewal_deadline(now, arg.lease_ttl_ms),
  }
end

local function write_lease(key, owner, now)
  hash.write(key.lease_current, {
    "lease_id", owner.lease_id,
    "lease_epoch", owner.epoch,
    "execution_id", owner.execution_id,
    "attempt_id", owner.attempt_id,
    "worker_id", owner.worker_id,
    "worker_instance_id", owner.worker_instance_id,
    "acquired_at", now,
    "expires_at", owner.expires_at,
    "last_renewed_at", now,
    "renewal_deadline", owner.renewal_deadline,
  })
end

-- `more` is a list of core fields that only this way of claiming writes.
function claiming.take(key, owner, more, now)
  redis.call("DEL", key.claim_grant, key.lease_current)
  write_lease(key, owner, now)
  hash.write(key.exec_core, state.active(), state.attempt("running_attempt"), {
    "current_lease_id", owner.lease_id,
    "current_lease_epoch", owner.epoch,
    "current_worker_id", owner.worker_id,
    "current_worker_instance_id", owner.worker_instance_id,
    "current_lane", owner.lane,
    "lease_acquired_at", now,
    "lease_expires_at", owner.expires_at,
    "lease_last_renewed_at", now,
    "lease_renewal_deadline", owner.renewal_deadline,
  }, more, state.touched(now))
  indexes.enter_active(key, owner.execution_id, owner.expires_at)
end

-- Continues the interrupted attempt under a new lease; `how` names the call in the history. Answers the owner.
function claiming.resume(key, arg, core, how, now)
  local owner = claiming.owner(arg, core.current_attempt_id, number.count(core.current_lease_epoch), nil, now)
  hash.write(derived.attempt(key.exec_core, core.current_attempt_index), {
    "attempt_state", "started",
    "resumed_at", now,
    "suspended_at", "",
    "suspension_id", "",
  }, attempt.owned_by(owner))
  claiming.take(key, owner, lease.UNMARKED, now)
  redis.call("ZREM", key.lane_eligible, arg.execution_id)
  history.append(key.lease_history, "acquired", {
    "lease_id", owner.lease_id,
    "lease_epoch", owner.epoch,
    "attempt_index", core.current_attempt_index,
    "attempt_id", owner.attempt_id,
    "worker_id", owner.worker_id,
    "reason", how,
  }, now)
  return owner
end

return claiming
