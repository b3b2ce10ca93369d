-- What every end of an execution writes, whoever brings it about (contract 03b §2 and §3).

local completion = require("completion")
local hash = require("hash")
local history = require("history")
local indexes = require("indexes")
local state = require("state")
local stream = require("stream")

local ending = {}

-- Emptied by an end from outside, which may meet a suspended execution.
ending.UNSUSPENDED = hash.emptied({ "current_suspension_id", "current_waitpoint_id" })

-- `core` holds completion.FIELDS as they were before; `...` are field lists that only this kind of end writes.
function ending.write(key, core, outcome, now, ...)
  local attempted = core.current_attempt_index ~= "" and state.attempt("attempt_terminal") or {}
  hash.write(key.exec_core, state.terminal(outcome), attempted, { "completed_at", now }, state.touched(now), ...)
  completion.record(key.exec_core, core, outcome, now)
end

-- Gives the lease back; `reason` goes into the history.
function ending.release(key, execution_id, holder, core, reason, now)
  redis.call("DEL", key.lease_current)
  indexes.leave_leased(key, execution_id)
  history.append(key.lease_history, "released", {
    "lease_id", holder.lease_id,
    "lease_epoch", holder.lease_epoch,
    "attempt_index", core.current_attempt_index,
    "reason", reason,
  }, now)
end

-- Closes what few executions have: an output stream, an attempt timeout, a deadline. One look at the three keys answers
-- the usual case, in which the attempt wrote no frame and nobody on the partition has a timeout or a deadline.
function ending.close_extras(key, execution_id, reason, now)
  if redis.call("EXISTS", key.stream_meta, key.attempt_timeout, key.execution_deadline) == 0 then
    return
  end
  stream.close(key.stream_meta, reason, now)
  redis.call("ZREM", key.attempt_timeout, execution_id)
  redis.call("ZREM", key.execution_deadline, execution_id)
end

return ending
