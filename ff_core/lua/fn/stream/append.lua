-- Appends one frame to the output of the attempt that the caller works on. The stream record is made by the first call
-- of the holder, even one that is refused for its frame.

local clock = require("clock")
local hash = require("hash")
local lease = require("lease")
local live_tail = require("live_tail")
local number = require("number")
local reply = require("reply")
local summary = require("summary")

local RECORD = {
  "stream_id",
  "closed_at",
  "frame_count",
  "total_bytes",
  "has_durable_frame",
  "ema_rate_hz",
  "last_append_ts_ms",
}

local LOST = { lease_expired_reclaimable = true, lease_revoked = true }

local DEFAULT_RETENTION, SUMMARY_RETENTION, DEFAULT_LIMIT = 10000, 64, 65536

local function refusal_for(core, arg, now)
  if core == nil or core.lifecycle_phase ~= "active" then
    return reply.refuse("stream_closed")
  end
  local holds = not LOST[core.ownership_state]
    and not lease.has_run_out(core, now)
    and arg.attempt_index == core.current_attempt_index
    and arg.lease_id == core.current_lease_id
    and arg.lease_epoch == core.current_lease_epoch
  return not holds and reply.refuse("stale_owner_cannot_append") or nil
end

local function fresh_record(arg, now)
  return {
    "stream_id", arg.execution_id .. ":" .. arg.attempt_index,
    "execution_id", arg.execution_id,
    "attempt_id", arg.attempt_id,
    "attempt_index", arg.attempt_index,
    "created_at", now,
    "closed_at", "",
    "closed_reason", "",
    "durability_mode", "durable_full",
    "retention_maxlen", arg.retention_maxlen or 0,
    "frame_count", "0",
    "total_bytes", "0",
    "has_durable_frame", "0",
  }
end

-- Trimming by whole blocks is cheap, to the number is what the caller asked for.
local function durable(_, arg)
  local wanted = number.whole(math.ceil(arg.retention_maxlen or 0))
  if wanted > 0 then
    return { how = "=", kept = wanted, frame = {}, record = { "has_durable_frame", "1" } }
  end
  return { how = "~", kept = DEFAULT_RETENTION, frame = {}, record = { "has_durable_frame", "1" } }
end

-- What each mode keeps of the stream (how, kept) and what it adds to the frame and to the record, or nil and a refusal.
local MODE = {
  [""] = durable,
  durable = durable,
  summary = function(key, arg, _, now)
    local version, refusal = summary.apply(key, arg, now)
    if refusal then
      return nil, refusal
    end
    local record = { "has_durable_frame", "1" }
    return { how = "~", kept = SUMMARY_RETENTION, frame = { "summary_version", version }, record = record,
      version = version }
  end,
  best_effort = function(_, arg, record, now)
    local kept, fields = live_tail.measure(arg, record, now)
    local ttl = arg.ttl_ms or 0
    return { how = "~", kept = kept, frame = ttl > 0 and { "ttl_ms", ttl } or {}, record = fields, ttl = ttl }
  end,
}

-- A mode that nobody knows is kept like a durable one without counting as such.
local function unknown(key, arg)
  local plan = durable(key, arg)
  plan.record = {}
  return plan
end

local function write_frame(key, arg, plan, now)
  local frame = {
    "frame_type", arg.frame_type,
    "ts", arg.ts == "" and number.text(now) or arg.ts,
    "payload", arg.payload,
    "encoding", arg.encoding,
    "source", arg.source,
    "mode", arg.stream_mode == "" and "durable" or arg.stream_mode,
  }
  for _, list in ipairs({ arg.correlation_id ~= "" and { "correlation_id", arg.correlation_id } or {}, plan.frame }) do
    frame[#frame + 1], frame[#frame + 2] = list[1], number.text(list[2])
  end
  return redis.call("XADD", key.stream, "MAXLEN", plan.how, number.text(plan.kept), "*", unpack(frame))
end

-- Best-effort frames alone have an end; the first one that is to stay takes it away, and it does not come back.
local function set_lifetime(key, plan, record, now)
  if record.has_durable_frame == "1" then
    return
  elseif plan.ttl == nil and plan.record[1] and record.last_append_ts_ms ~= "" then
    redis.call("PERSIST", key.stream)
  elseif (plan.ttl or 0) > 0 then
    clock.expire_at(key.stream, now + 2 * plan.ttl)
  end
end

return function(key, arg)
  if #arg.payload > (arg.max_payload_bytes or DEFAULT_LIMIT) then
    return reply.refuse("retention_limit_exceeded")
  end
  local now = clock.now()
  local refusal = refusal_for(hash.read(key.exec_core, lease.FIELDS), arg, now)
  if refusal then
    return refusal
  end
  local record = hash.read(key.stream_meta, RECORD)
  local fresh = record and {} or fresh_record(arg, now)
  record = record or { closed_at = "", last_append_ts_ms = "" }
  if record.closed_at ~= "" then
    return reply.refuse("stream_closed")
  end
  local plan
  plan, refusal = (MODE[arg.stream_mode] or unknown)(key, arg, record, now)
  if refusal then
    hash.write(key.stream_meta, fresh)
    return refusal
  end
  local entry_id = write_frame(key, arg, plan, now)
  local count = number.count(record.frame_count) + 1
  hash.write(key.stream_meta, fresh, plan.record, {
    "frame_count", count,
    "total_bytes", number.count(record.total_bytes) + #arg.payload,
    "last_sequence", entry_id,
    "last_frame_at", now,
  })
  set_lifetime(key, plan, record, now)
  return reply.ok(entry_id, count, plan.version or "")
end
