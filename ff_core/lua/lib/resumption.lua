-- A suspended execution becomes runnable again, now or after a delay (contract 04 §2.1).

local hash = require("hash")
local queue = require("queue")
local state = require("state")

local resumption = {}

-- What it needs of the execution core.
resumption.FIELDS = { "lifecycle_phase", "current_suspension_id", "priority", "created_at" }

-- Moves core and indexes; answers the new public state. A delay of 0 or less is none; `detail` explains one.
-- core.delay_until stays empty on purpose, as it always did: the place in the delayed set is the time.
function resumption.release(key, execution_id, core, delay, detail, now)
  local vector, public = state.waiting(), "waiting"
  if delay > 0 then
    vector, public = state.runnable("not_eligible_until_time", "waiting_for_resume_delay", detail), "delayed"
    redis.call("ZADD", key.lane_delayed, now + delay, execution_id)
  else
    redis.call("ZADD", key.lane_eligible, queue.score(core.priority, core.created_at), execution_id)
  end
  redis.call("ZREM", key.lane_suspended, execution_id)
  redis.call("ZREM", key.suspension_timeout, execution_id)
  hash.write(key.exec_core, vector, state.attempt("attempt_interrupted"), {
    "current_suspension_id", "",
    "current_waitpoint_id", "",
  }, state.touched(now))
  return public
end

return resumption
