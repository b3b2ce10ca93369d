-- A worker sets its own attempt aside, to go on with it later (contract 03b §2).

local hash = require("hash")
local history = require("history")
local indexes = require("indexes")
local lease = require("lease")
local state = require("state")

local pausing = {}

-- Gives the lease back and leaves the attempt open. `pause`: reason (its name in the attempt record and the history),
-- vector (the new state) and more (core fields of this kind of pause).
function pausing.pause(key, execution_id, fence, core, pause, now)
  hash.write(key.exec_core, pause.vector, state.attempt("attempt_interrupted"), pause.more, lease.RELEASED,
    state.touched(now))
  hash.write(key.attempt, {
    "attempt_state", "suspended",
    "suspended_at", now,
    "suspension_id", pause.reason,
  })
  redis.call("DEL", key.lease_current)
  indexes.leave_active(key, execution_id)
  history.append(key.lease_history, "released", {
    "lease_id", fence.lease_id,
    "lease_epoch", fence.lease_epoch,
    "attempt_index", core.current_attempt_index,
    "attempt_id", fence.attempt_id,
    "reason", pause.reason,
  }, now)
end

return pausing
