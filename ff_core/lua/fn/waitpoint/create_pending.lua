-- Opens a waitpoint before the suspension that will wait on it, so that signals which are quicker than the worker are
-- kept. The id of a closed waitpoint of this execution may be used again; nothing of its first life comes along.

local clock = require("clock")
local derived = require("derived")
local hash = require("hash")
local lease = require("lease")
local reply = require("reply")
local token = require("token")
local waitpoint = require("waitpoint")

local PENDING = hash.emptied({ "suspension_id", "activated_at", "satisfied_at", "closed_at", "close_reason" })

local function refusal_for(core, arg)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "active" then
    return lease.not_active(core)
  elseif core.ownership_state ~= "leased" then
    return reply.refuse("no_active_lease")
  elseif core.current_attempt_index ~= arg.attempt_index then
    return reply.refuse("stale_lease")
  end
  return nil
end

local function is_taken(earlier, arg)
  return earlier.state == "pending" or earlier.state == "active" or earlier.execution_id ~= arg.execution_id
end

return function(key, arg)
  local refusal = refusal_for(hash.read(key.exec_core, lease.FIELDS), arg)
  if refusal then
    return refusal
  end
  local earlier = hash.read(key.waitpoint, { "state", "execution_id" })
  if earlier and is_taken(earlier, arg) then
    return reply.refuse("waitpoint_already_exists")
  end
  local signer
  signer, refusal = token.signer(key.hmac_secrets)
  if refusal then
    return refusal
  end
  local now = clock.now()
  local point = { waitpoint_id = arg.waitpoint_id, waitpoint_key = arg.waitpoint_key }
  point.token = token.mint(signer, point, now)
  if earlier then
    redis.call("DEL", derived.waitpoint_signals(key.waitpoint), derived.waitpoint_condition(key.waitpoint))
  end
  waitpoint.write(key.waitpoint, arg, point, { "state", "pending", "expires_at", arg.expires_at, unpack(PENDING) }, now)
  redis.call("ZADD", key.pending_waitpoint_expiry, arg.expires_at, arg.waitpoint_id)
  redis.call("SADD", derived.early_waitpoints(key.exec_core), arg.waitpoint_id)
  return reply.ok(arg.waitpoint_id, arg.waitpoint_key, point.token)
end
