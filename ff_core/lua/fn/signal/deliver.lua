-- Gives a signal to an active waitpoint; when that meets the condition the execution goes on. Whoever holds no good
-- token learns only whether the execution exists, so the token comes before every look at the state.

local clock = require("clock")
local condition = require("condition")
local derived = require("derived")
local hash = require("hash")
local number = require("number")
local reply = require("reply")
local resumption = require("resumption")
local signal = require("signal")
local suspension = require("suspension")
local waitpoint = require("waitpoint")

local FEED_LENGTH = "1000"

-- Refuses a waitpoint that takes no signals now. An active one takes them only for the suspension it was opened for:
-- what is left of an earlier one cannot resume a later one.
local function refusal_for(core, point)
  local phase = core.lifecycle_phase
  if phase == "terminal" then
    return reply.refuse("target_not_signalable")
  elseif phase ~= "suspended" then
    local early = point.state == "pending"
    return reply.refuse(early and "waitpoint_pending_use_buffer_script" or "target_not_signalable")
  elseif point.state == "pending" then
    return reply.refuse("waitpoint_not_found")
  elseif point.state ~= "active" or point.suspension_id ~= core.current_suspension_id then
    return reply.refuse("waitpoint_closed")
  end
  return nil
end

local function refusal_of_condition(head)
  if head == nil then
    return reply.refuse("waitpoint_not_found")
  end
  return head.closed == "1" and reply.refuse("waitpoint_closed") or nil
end

local function announce(key, arg, effect, now)
  redis.call(
    "XADD", key.signal_delivery, "MAXLEN", "~", FEED_LENGTH, "*",
    "signal_id", arg.signal_id,
    "execution_id", arg.execution_id,
    "waitpoint_id", arg.waitpoint_id,
    "source_identity", arg.source_identity,
    "effect", effect,
    "delivered_at_ms", number.text(now)
  )
end

local function count(key, point, verdict, now, closing)
  hash.write(key.waitpoint, {
    "signal_count", number.count(point.signal_count) + 1,
    "matched_signal_count", number.count(point.matched_signal_count) + verdict.matched,
    "last_signal_at", now,
  }, closing)
end

-- The condition is not met yet: remember what the signal did.
local function wait_on(key, arg, point, verdict, now)
  count(key, point, verdict, now, {})
  hash.write(key.waitpoint_condition, verdict.state)
  if #verdict.tokens > 0 then
    redis.call("SADD", derived.satisfied_set(key.suspension_current), unpack(verdict.tokens))
    redis.call("SADD", derived.satisfied_signals(key.suspension_current), arg.signal_id)
  end
  if redis.call("EXISTS", key.suspension_current) == 1 then
    hash.write(key.suspension_current, { "last_signal_at", now })
  end
end

-- The condition is met: close the suspension with all its waitpoints and let the execution go on.
local function go_on(key, arg, core, point, verdict, now)
  count(key, point, verdict, now, { "state", "closed", unpack(waitpoint.satisfied(now)) })
  hash.write(key.waitpoint_condition, verdict.state, waitpoint.condition_ended("satisfied", now))
  local record = suspension.read(key.suspension_current)
  if record then
    suspension.close_record(key.suspension_current, waitpoint.satisfied(now), verdict.closing)
    for _, waitpoint_key in ipairs(suspension.waitpoints(key.suspension_current, record)) do
      if waitpoint_key ~= key.waitpoint then
        waitpoint.close(waitpoint_key, waitpoint.satisfied(now))
        waitpoint.close_condition(waitpoint_key, "satisfied", now)
      end
    end
  end
  local detail = "resume delay " .. number.text(arg.resume_delay_ms) .. "ms after signal " .. arg.signal_name
  resumption.release(key, arg.execution_id, core, arg.resume_delay_ms, detail, now)
end

return function(key, arg)
  if key.hmac_secrets and not key.signal_delivery then
    return reply.refuse("invalid_input", "needs 15 keys, got: 14")
  end
  local core = hash.read(key.exec_core, resumption.FIELDS)
  if core == nil then
    return reply.refuse("execution_not_found")
  end
  local point = signal.waitpoint(key)
  if point == nil then
    return reply.refuse("invalid_token")
  end
  local now = clock.now()
  local refusal = signal.authenticate(key, arg, point, now) or refusal_for(core, point)
  if refusal then
    return refusal
  end
  local head = condition.read(key)
  refusal = refusal_of_condition(head) or signal.refuse_excess(key, arg)
  if refusal then
    return refusal
  end
  local verdict = condition.judge(key, arg, head, point.waitpoint_key, now)
  local earlier = signal.earlier(key, arg)
  if earlier then
    return reply.duplicate(earlier)
  end
  signal.keep(key, arg, verdict.effect, now)
  if verdict.met then
    go_on(key, arg, core, point, verdict, now)
  else
    wait_on(key, arg, point, verdict, now)
  end
  announce(key, arg, verdict.effect, now)
  return reply.ok(arg.signal_id, verdict.effect)
end
