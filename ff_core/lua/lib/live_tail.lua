-- How many best-effort frames a stream keeps (contract 06 §3): what arrives in two lifetimes, by a running mean of the
-- rate, between a floor and a ceiling.

local number = require("number")

local live_tail = {}

local FLOOR, CEILING, ALPHA = 64, 16384, 0.2

local function positive(value, default)
  return value > 0 and number.whole(math.ceil(value)) or default
end

-- Entries per second. `record` is the stream record before this frame.
local function rate_of(arg, record, floor, seconds, now)
  local rate, last = number.parse(record.ema_rate_hz), number.parse(record.last_append_ts_ms)
  if rate == nil or last == nil then
    return floor / (2 * seconds)
  end
  local alpha = (arg.ema_alpha > 0 and arg.ema_alpha <= 1) and arg.ema_alpha or ALPHA
  return alpha * 1000 / math.max(now - last, 1) + (1 - alpha) * rate
end

-- How many entries to keep, and the fields of the stream record that go with that.
function live_tail.measure(arg, record, now)
  local floor = positive(arg.maxlen_floor, FLOOR)
  local ceiling = math.max(positive(arg.maxlen_ceiling, CEILING), floor)
  local seconds = math.max(arg.ttl_ms or 0, 1) / 1000
  local rate = rate_of(arg, record, floor, seconds, now)
  local kept = math.min(math.max(math.ceil(rate * seconds * 2), floor), ceiling)
  return kept, { "ema_rate_hz", rate, "last_append_ts_ms", now, "maxlen_applied_last", kept }
end

return live_tail
