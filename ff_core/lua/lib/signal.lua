-- What delivering and buffering have in common: who may signal, how often, and what is kept of a signal
-- (contract 04 §7).

local derived = require("derived")
local hash = require("hash")
local number = require("number")
local reply = require("reply")
local token = require("token")

local signal = {}

-- The waitpoint as far as signals need it; nil when it is none.
function signal.waitpoint(key)
  local found = hash.read(key.waitpoint, {
    "execution_id", "suspension_id", "waitpoint_key", "state", "created_at", "signal_count", "matched_signal_count",
  })
  return found and found.created_at ~= "" and found or nil
end

-- Refuses whoever shows no good token for this waitpoint of this execution, and stamps that on the execution.
function signal.authenticate(key, arg, waitpoint, now)
  local named = { waitpoint_id = arg.waitpoint_id, waitpoint_key = waitpoint.waitpoint_key }
  local refusal = token.check(key.hmac_secrets, arg.waitpoint_token, named, waitpoint.created_at, now)
  if refusal == nil and waitpoint.execution_id ~= arg.execution_id then
    refusal = reply.refuse("invalid_token")
  end
  if refusal then
    hash.write(key.exec_core, { "last_hmac_validation_failed_at", now })
  end
  return refusal
end

-- Refuses what is more than the caller wants the execution to hold. All its signals count, whatever they did.
function signal.refuse_excess(key, arg)
  local cap = arg.max_signals_per_execution
  if cap > 0 and redis.call("ZCARD", key.exec_signals) >= cap then
    return reply.refuse("signal_limit_exceeded")
  end
  return nil
end

-- The id of an earlier signal with the same idempotency key; when there is none, this one takes its place.
function signal.earlier(key, arg)
  local ttl = number.whole(arg.dedup_ttl_ms)
  if arg.idempotency_key == "" or ttl <= 0 or derived.is_noop(key.signal_dedup) then
    return nil
  end
  return redis.call("SET", key.signal_dedup, arg.signal_id, "NX", "GET", "PX", number.text(ttl)) or nil
end

local function write_record(key, arg, effect, now)
  hash.write(key.signal, {
    "signal_id", arg.signal_id,
    "target_execution_id", arg.execution_id,
    "target_waitpoint_id", arg.waitpoint_id,
    "target_scope", arg.target_scope,
    "signal_name", arg.signal_name,
    "signal_category", arg.signal_category,
    "source_type", arg.source_type,
    "source_identity", arg.source_identity,
    "correlation_id", arg.correlation_id,
    "idempotency_key", arg.idempotency_key,
    "created_at", arg.created_at == "" and now or arg.created_at,
    "accepted_at", now,
    "matched_waitpoint_id", arg.waitpoint_id,
    "payload_encoding", arg.payload_encoding,
    "observed_effect", effect,
  })
end

-- Keeps an accepted signal: record, payload, an entry of the waitpoint and one of the execution.
function signal.keep(key, arg, effect, now)
  write_record(key, arg, effect, now)
  if arg.payload ~= "" then
    redis.call("SET", key.signal_payload, arg.payload)
  end
  local maxlen = number.text(math.max(number.whole(arg.signal_maxlen), 0))
  redis.call(
    "XADD", key.waitpoint_signals, "MAXLEN", "~", maxlen, "*",
    "signal_id", arg.signal_id,
    "signal_name", arg.signal_name,
    "signal_category", arg.signal_category,
    "source_type", arg.source_type,
    "source_identity", arg.source_identity,
    "matched", "0",
    "accepted_at", number.text(now)
  )
  redis.call("ZADD", key.exec_signals, now, arg.signal_id)
end

return signal
