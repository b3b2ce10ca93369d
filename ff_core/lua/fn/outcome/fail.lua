-- Fails the attempt. While the retry policy has a retry left the execution waits for the next attempt, else it ends.

local clock = require("clock")
local completion = require("completion")
local ending = require("ending")
local hash = require("hash")
local lease = require("lease")
local number = require("number")
local reply = require("reply")
local retry = require("retry")
local state = require("state")
local stream = require("stream")

local FIELDS = lease.fields_and("retry_count", unpack(completion.FIELDS))

local function try_again(key, arg, fence, core, due, now)
  local detail = "retry backoff until " .. number.text(due) .. " (attempt " .. core.current_attempt_index
    .. " failed: " .. arg.failure_reason .. ")"
  hash.write(key.exec_core, state.runnable("not_eligible_until_time", "waiting_for_retry_backoff", detail),
    state.attempt("pending_retry_attempt"), {
      "pending_retry_reason", arg.failure_reason,
      "pending_previous_attempt_index", core.current_attempt_index,
      "retry_count", number.count(core.retry_count) + 1,
      "current_attempt_id", "",
      "delay_until", due,
      "failure_reason", arg.failure_reason,
    }, lease.RELEASED, state.touched(now))
  ending.release(key, arg.execution_id, fence, core, "failed_retry_scheduled", now)
  stream.close(key.stream_meta, "attempt_failure", now)
  redis.call("ZREM", key.attempt_timeout, arg.execution_id)
  redis.call("ZADD", key.lane_delayed, due, arg.execution_id)
  return reply.ok("retry_scheduled", due)
end

local function give_up(key, arg, fence, core, now)
  ending.write(key, core, "failed", now, { "failure_reason", arg.failure_reason }, lease.RELEASED)
  ending.release(key, arg.execution_id, fence, core, "failed_terminal", now)
  ending.close_extras(key, arg.execution_id, "attempt_failure", now)
  redis.call("ZADD", key.lane_terminal, now, arg.execution_id)
  completion.publish(arg.execution_id, core.flow_id, "failed")
  return reply.ok("terminal_failed")
end

return function(key, arg)
  local now = clock.now()
  local core = hash.read(key.exec_core, FIELDS)
  local fence, refusal = lease.authorise(key, core, arg, now)
  if refusal then
    return refusal
  end
  local delay = retry.delay(arg.retry_policy_json, number.count(core.retry_count))
  hash.write(key.attempt, {
    "attempt_state", "ended_failure",
    "ended_at", now,
    "failure_reason", arg.failure_reason,
    "failure_category", arg.failure_category,
  })
  if delay then
    return try_again(key, arg, fence, core, now + delay, now)
  end
  return give_up(key, arg, fence, core, now)
end
