-- Waitpoint records (contract 04 §1.3, §2.4) and how they and their conditions end.

local derived = require("derived")
local hash = require("hash")

local waitpoint = {}

-- Writes a new record with its token. `life` lists its state and the times and ids that come with that state.
function waitpoint.write(key, owner, point, life, now)
  hash.write(key, {
    "waitpoint_id", point.waitpoint_id,
    "execution_id", owner.execution_id,
    "attempt_index", owner.attempt_index,
    "waitpoint_key", point.waitpoint_key,
    "waitpoint_token", point.token,
    "created_at", now,
    "signal_count", "0",
    "matched_signal_count", "0",
    "last_signal_at", "",
  }, life)
end

-- Closing fields of a waitpoint or a suspension that ends for want of a signal.
function waitpoint.ended(reason, now)
  return { "closed_at", now, "close_reason", reason }
end

-- The same where the execution goes on because somebody said so.
function waitpoint.satisfied(now)
  return { "satisfied_at", now, "closed_at", now, "close_reason", "resumed" }
end

-- Closes the record if it exists. `ending` is one of the two lists above.
function waitpoint.close(key, ending)
  if redis.call("EXISTS", key) == 1 then
    hash.write(key, { "state", "closed" }, ending)
  end
end

function waitpoint.condition_ended(reason, now)
  return { "closed", "1", "closed_at", now, "closed_reason", reason }
end

-- Closes the evaluation state of a waitpoint if it exists.
function waitpoint.close_condition(waitpoint_key, reason, now)
  local key = derived.waitpoint_condition(waitpoint_key)
  if redis.call("EXISTS", key) == 1 then
    hash.write(key, waitpoint.condition_ended(reason, now))
  end
end

return waitpoint
