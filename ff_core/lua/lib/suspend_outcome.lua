-- The outcome of a suspend call, as it is answered and, with an idempotency key, kept for repeats (contract 04 §6).
-- It is a list: status, suspension id, then id, key and token of the first waitpoint, the number of extra ones, and the
-- same three for each of those.

local clock = require("clock")
local derived = require("derived")
local number = require("number")
local reply = require("reply")

local suspend_outcome = {}

local TAB = "\t"
local MIN_PARTS = 5

local ANSWER = { OK = reply.ok, ALREADY_SATISFIED = reply.already }

local function is_kept(key, arg)
  return arg.idempotency_key ~= "" and key.suspend_dedup ~= nil and not derived.is_noop(key.suspend_dedup)
end

local function answer(parts)
  return ANSWER[parts[1]](unpack(parts, 2))
end

-- The answer of an earlier call with the same idempotency key, nil when there is none.
function suspend_outcome.earlier(key, arg)
  local stored = is_kept(key, arg) and redis.call("HGET", key.suspend_dedup, "outcome")
  if not stored then
    return nil
  end
  local parts = {}
  for part in string.gmatch(stored .. TAB, "(.-)" .. TAB) do
    parts[#parts + 1] = part
  end
  if #parts < MIN_PARTS or ANSWER[parts[1]] == nil then
    return nil
  end
  parts[MIN_PARTS + 1] = parts[MIN_PARTS + 1] or "0"
  return answer(parts)
end

-- Answers a call, and keeps the answer where the call has an idempotency key.
function suspend_outcome.reply(key, arg, status, points, now)
  local parts = { status, arg.suspension_id }
  for place, point in ipairs(points) do
    for _, part in ipairs({ point.waitpoint_id, point.waitpoint_key, point.token }) do
      parts[#parts + 1] = part
    end
    if place == 1 then
      parts[#parts + 1] = tostring(#points - 1)
    end
  end
  if is_kept(key, arg) then
    redis.call("HSET", key.suspend_dedup, "outcome", table.concat(parts, TAB))
    if arg.dedup_ttl_ms > 0 then
      clock.expire_at(key.suspend_dedup, now + number.whole(arg.dedup_ttl_ms))
    end
  end
  return answer(parts)
end

return suspend_outcome
