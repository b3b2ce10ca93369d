-- Applies the timeout behaviour of a suspension whose time is up. Safe to repeat: due-ness is looked at here, and index
-- entries that have nothing behind them are removed.

local clock = require("clock")
local completion = require("completion")
local hash = require("hash")
local number = require("number")
local reply = require("reply")
local resumption = require("resumption")
local state = require("state")
local stream = require("stream")
local suspension = require("suspension")

local CORE = { "lifecycle_phase", "priority", unpack(completion.FIELDS) }

-- What is left of the terminal behaviours; whatever is unknown fails under its own name.
local OUTCOMES = { cancel = "cancelled", expire = "expired" }

local function leftover(core, record)
  if core == nil then
    return "not_found_cleaned"
  elseif core.lifecycle_phase ~= "suspended" then
    return "not_suspended_cleaned"
  elseif not suspension.is_open(record) then
    return "no_active_suspension_cleaned"
  end
  return nil
end

local function auto_resume(key, arg, core, record, now)
  suspension.close(key.suspension_current, record, "timed_out_auto_resume", now)
  return reply.ok("auto_resume", resumption.release(key, arg.execution_id, core, 0, "", now))
end

-- Leaves it to an operator; the waitpoints go on taking signals.
local function escalate(key, arg, _, record, now)
  hash.write(key.exec_core, {
    "blocking_reason", "paused_by_operator",
    "blocking_detail", "suspension escalated: timeout at " .. record.timeout_at,
    "last_mutation_at", now,
  })
  hash.write(key.suspension_current, {
    "reason_code", "waiting_for_operator_review",
    "timeout_at", "",
    "timeout_behavior", "",
  })
  redis.call("ZREM", key.suspension_timeout, arg.execution_id)
  return reply.ok("escalate", "suspended")
end

local function end_attempt(key, outcome, failure, now)
  hash.write(key.attempt, {
    "attempt_state", outcome == "cancelled" and "ended_cancelled" or "ended_failure",
    "ended_at", now,
    "failure_reason", failure,
    "suspended_at", "",
    "suspension_id", "",
  })
end

local function finish(key, arg, core, record, now)
  local behavior = record.timeout_behavior
  local outcome, failure = OUTCOMES[behavior] or "failed", "suspension_timeout:" .. behavior
  suspension.close(key.suspension_current, record, "timed_out_" .. (OUTCOMES[behavior] and behavior or "fail"), now)
  if core.current_attempt_index ~= "" then
    end_attempt(key, outcome, failure, now)
  end
  stream.close(key.stream_meta, "suspension_timeout", now)
  hash.write(key.exec_core, state.terminal(outcome), state.attempt("attempt_terminal"), {
    "failure_reason", failure,
    "completed_at", now,
    "current_suspension_id", "",
    "current_waitpoint_id", "",
  }, state.touched(now))
  redis.call("ZREM", key.lane_suspended, arg.execution_id)
  redis.call("ZREM", key.suspension_timeout, arg.execution_id)
  redis.call("ZADD", key.lane_terminal, now, arg.execution_id)
  completion.record(key.exec_core, core, outcome, now)
  completion.publish(arg.execution_id, core.flow_id, outcome)
  return reply.ok(behavior, outcome)
end

local APPLY = { auto_resume = auto_resume, auto_resume_with_timeout_signal = auto_resume, escalate = escalate }

return function(key, arg)
  local core = hash.read(key.exec_core, CORE)
  local record = suspension.read(key.suspension_current)
  local reason = leftover(core, record)
  if reason then
    redis.call("ZREM", key.suspension_timeout, arg.execution_id)
    return reply.ok(reason)
  end
  local now = clock.now()
  local due = number.count(record.timeout_at)
  if due <= 0 or due > now then
    return reply.ok("not_yet_due")
  end
  local apply = APPLY[record.timeout_behavior] or finish
  return apply(key, arg, core, record, now)
end
