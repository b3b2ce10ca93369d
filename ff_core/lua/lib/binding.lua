-- The waitpoints of a suspension that is about to begin: minted by the call, or opened earlier and activated by it
-- (contract 04 §6). Everything here only reads; what the call may not do is refused before anything is written.
--
-- A point: waitpoint_id, waitpoint_key, record and condition (their keys), and in the end its token.

local hash = require("hash")
local number = require("number")
local reply = require("reply")
local token = require("token")

local binding = {}

local MAX_EXTRAS = 1000

local function set(text)
  return text ~= nil and text ~= ""
end

-- The points that the call names, the first one first, or nil and a refusal. No two may be the same waitpoint.
function binding.points(key, arg)
  local points = { {
    waitpoint_id = arg.waitpoint_id,
    waitpoint_key = arg.waitpoint_key,
    record = key.waitpoint,
    condition = key.waitpoint_condition,
  } }
  local seen, total = { [arg.waitpoint_id] = true }, arg.extra_count
  if total < 0 or total % 1 ~= 0 or total > MAX_EXTRAS then
    return nil, reply.refuse("additional_waitpoint_binding_malformed")
  end
  for place = 1, total do
    local names, keys = arg.rest[place] or {}, key.rest[place] or {}
    local whole = set(names.waitpoint_id) and set(names.waitpoint_key) and keys.waitpoint_condition
    if not whole or seen[names.waitpoint_id] then
      return nil, reply.refuse("additional_waitpoint_binding_malformed")
    end
    seen[names.waitpoint_id] = true
    points[place + 1] = {
      waitpoint_id = names.waitpoint_id,
      waitpoint_key = names.waitpoint_key,
      record = keys.waitpoint,
      condition = keys.waitpoint_condition,
    }
  end
  return points
end

-- Gives every point a token of its own. Refuses to take over a waitpoint that exists, whoever's it is.
function binding.mint(key, points, now)
  local records = {}
  for place, point in ipairs(points) do
    records[place] = point.record
  end
  if redis.call("EXISTS", unpack(records)) > 0 then
    return reply.refuse("waitpoint_already_exists")
  end
  local signer, refusal = token.signer(key.hmac_secrets)
  if refusal then
    return refusal
  end
  for _, point in ipairs(points) do
    point.token = token.mint(signer, point, now)
  end
  return nil
end

local PENDING = { "state", "execution_id", "attempt_index", "expires_at", "waitpoint_key", "waitpoint_token" }

local function refusal_for(found, arg, extras, now)
  if found == nil then
    return reply.refuse("waitpoint_not_found")
  elseif found.state ~= "pending" then
    return reply.refuse("waitpoint_not_pending")
  elseif found.execution_id ~= arg.execution_id or found.attempt_index ~= arg.attempt_index then
    return reply.refuse("invalid_waitpoint_for_execution")
  elseif number.count(found.expires_at) <= now then
    return reply.refuse("pending_waitpoint_expired")
  elseif found.waitpoint_token == "" then
    return reply.refuse("waitpoint_not_token_bound")
  elseif extras > 0 then
    return reply.refuse("use_pending_with_extras_unsupported")
  end
  return nil
end

-- The one point is a waitpoint that was opened earlier; it keeps its key and token.
function binding.activate(_, points, now, arg)
  local found = hash.read(points[1].record, PENDING)
  local refusal = refusal_for(found, arg, #points - 1, now)
  if refusal then
    return refusal
  end
  points[1].waitpoint_key, points[1].token = found.waitpoint_key, found.waitpoint_token
  return nil
end

return binding
