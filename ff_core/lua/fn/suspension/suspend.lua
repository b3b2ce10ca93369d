-- Releases the lease and waits on one or more waitpoints. Where the signals are there already the worker just goes on.

local binding = require("binding")
local clock = require("clock")
local condition = require("condition")
local derived = require("derived")
local hash = require("hash")
local history = require("history")
local indexes = require("indexes")
local lease = require("lease")
local number = require("number")
local reply = require("reply")
local state = require("state")
local suspend_outcome = require("suspend_outcome")
local suspension = require("suspension")
local waitpoint = require("waitpoint")

local NO_TIMEOUT = 9999999999999

-- What the execution waits for, by the reason of the suspension; any other reason is a wait for a signal.
local BLOCKING = {
  waiting_for_approval = "waiting_for_approval",
  waiting_for_callback = "waiting_for_callback",
  waiting_for_tool_result = "waiting_for_tool_result",
  waiting_for_operator_review = "paused_by_operator",
  manual_pause = "paused_by_operator",
  paused_by_policy = "paused_by_policy",
  paused_by_budget = "waiting_for_budget",
}

local function refusal_for(core, arg, record)
  if core.current_attempt_index ~= arg.attempt_index then
    return reply.refuse("invalid_lease_for_suspend")
  end
  return suspension.is_open(record) and reply.refuse("already_suspended") or nil
end

-- What the record of an activated waitpoint says of its suspension.
local function life(arg, point_state, now)
  return {
    "suspension_id", arg.suspension_id,
    "state", point_state,
    "activated_at", now,
    "expires_at", arg.timeout_at or "",
  }
end

-- The buffered signals met the condition: the waitpoint has done its work, the worker keeps its lease.
local function skip(key, arg, points, parsed, record, now)
  if record then
    redis.call("SADD", key.waitpoints, record.waitpoint_id)
    redis.call("DEL", key.suspension_current)
  end
  hash.write(key.waitpoint, life(arg, "closed", now), waitpoint.satisfied(now))
  hash.write(key.waitpoint_condition, parsed.form.fields(parsed, now))
  redis.call("ZREM", key.pending_waitpoint_expiry, arg.waitpoint_id)
  return suspend_outcome.reply(key, arg, "ALREADY_SATISFIED", points, now)
end

local function open_waitpoints(key, arg, points, parsed, record, now)
  local ids, keys = { record and record.waitpoint_id }, {}
  for place, point in ipairs(points) do
    ids[#ids + 1], keys[place] = point.waitpoint_id, point.waitpoint_key
    hash.write(point.condition, parsed.form.fields(parsed, now))
    if arg.use_pending_waitpoint == "1" then
      hash.write(point.record, life(arg, "active", now))
      redis.call("ZREM", key.pending_waitpoint_expiry, point.waitpoint_id)
    else
      waitpoint.write(point.record, arg, point, life(arg, "active", now), now)
    end
  end
  redis.call("SADD", key.waitpoints, unpack(ids))
  hash.write(derived.member_map(key.suspension_current), parsed.form.member_fields(parsed, keys))
end

local function extras_json(points)
  local extras = {}
  for place = 2, #points do
    extras[#extras + 1] = { waitpoint_id = points[place].waitpoint_id, waitpoint_key = points[place].waitpoint_key }
  end
  return #extras == 0 and "[]" or cjson.encode(extras)
end

local function write_record(key, arg, points, now)
  hash.write(key.suspension_current, {
    "suspension_id", arg.suspension_id,
    "execution_id", arg.execution_id,
    "attempt_index", arg.attempt_index,
    "waitpoint_id", points[1].waitpoint_id,
    "waitpoint_key", points[1].waitpoint_key,
    "additional_waitpoints_json", extras_json(points),
    "reason_code", arg.reason_code,
    "requested_by", arg.requested_by,
    "created_at", now,
    "timeout_at", arg.timeout_at or "",
    "timeout_behavior", arg.timeout_behavior,
    "resume_condition_json", arg.resume_condition_json,
    "resume_policy_json", arg.resume_policy_json,
    "continuation_metadata_pointer", arg.continuation_metadata_pointer,
    "buffered_signal_summary_json", '{"total_count":0,"matched_count":0,"signal_names":[]}',
  }, hash.emptied({ "last_signal_at", "satisfied_at", "closed_at", "close_reason" }))
end

local function pause_attempt(key, arg, now)
  local detail = "suspended: waitpoint " .. arg.waitpoint_id .. " awaiting " .. arg.reason_code
  local vector = state.suspended(BLOCKING[arg.reason_code] or "waiting_for_signal", detail)
  hash.write(key.exec_core, vector, state.attempt("attempt_interrupted"), lease.RELEASED, {
    "current_suspension_id", arg.suspension_id,
    "current_waitpoint_id", arg.waitpoint_id,
  }, state.touched(now))
  hash.write(key.attempt, { "attempt_state", "suspended", "suspended_at", now, "suspension_id", arg.suspension_id })
end

local function move_indexes(key, arg)
  indexes.leave_active(key, arg.execution_id)
  redis.call("ZADD", key.lane_suspended, arg.timeout_at or NO_TIMEOUT, arg.execution_id)
  if arg.timeout_at then
    redis.call("ZADD", key.suspension_timeout, arg.timeout_at, arg.execution_id)
  end
end

local function begin(key, arg, points, parsed, record, now)
  suspension.discard(key.suspension_current, key.lease_current)
  open_waitpoints(key, arg, points, parsed, record, now)
  write_record(key, arg, points, now)
  pause_attempt(key, arg, now)
  move_indexes(key, arg)
  history.append(key.lease_history, "released", {
    "lease_id", arg.lease_id,
    "lease_epoch", arg.lease_epoch,
    "attempt_index", arg.attempt_index,
    "attempt_id", arg.attempt_id,
    "reason", "suspend",
  }, now, math.max(number.whole(arg.lease_history_maxlen), 0))
  return suspend_outcome.reply(key, arg, "OK", points, now)
end

return function(key, arg)
  local points, refusal = binding.points(key, arg)
  if refusal then
    return refusal
  end
  local earlier = suspend_outcome.earlier(key, arg)
  if earlier then
    return earlier
  end
  local now = clock.now()
  local core = hash.read(key.exec_core, lease.FIELDS)
  refusal = select(2, lease.authorise(key, core, arg, now))
  if refusal then
    return refusal
  end
  local record = suspension.read(key.suspension_current)
  local bind = arg.use_pending_waitpoint == "1" and binding.activate or binding.mint
  refusal = refusal_for(core, arg, record) or bind(key, points, now, arg)
  if refusal then
    return refusal
  end
  local parsed
  parsed, refusal = condition.parse(arg.resume_condition_json)
  if refusal then
    return refusal
  end
  if arg.use_pending_waitpoint == "1" and parsed.form.replay(parsed, key.waitpoint_signals) then
    return skip(key, arg, points, parsed, record, now)
  end
  return begin(key, arg, points, parsed, record, now)
end
