-- Attempt records: one hash for each time the work of an execution is tried (contract 02 §5).

local derived = require("derived")
local hash = require("hash")

local attempt = {}

-- A fresh record with its list entry and usage record. `owner` has lease_id, epoch, worker_id, worker_instance_id;
-- `lineage` is a list of extra fields.
function attempt.start(key, execution_id, index, attempt_id, attempt_type, owner, lineage, now)
  hash.write(derived.attempt(key.exec_core, index), {
    "attempt_id", attempt_id,
    "execution_id", execution_id,
    "attempt_index", index,
    "attempt_type", attempt_type,
    "attempt_state", "started",
    "created_at", now,
    "started_at", now,
  }, attempt.owned_by(owner), lineage)
  redis.call("ZADD", key.attempts, now, index)
  redis.call("HSET", derived.attempt_usage(key.exec_core, index), "last_usage_report_seq", "0")
end

function attempt.owned_by(owner)
  return {
    "lease_id", owner.lease_id,
    "lease_epoch", owner.epoch,
    "worker_id", owner.worker_id,
    "worker_instance_id", owner.worker_instance_id,
  }
end

return attempt
