-- Extends the caller's lease. The place in the lane's active set is not moved: due leases are found by lease_expiry.

local clock = require("clock")
local hash = require("hash")
local lease = require("lease")
local reply = require("reply")

local FIELDS = lease.fields_and("lease_revoked_at")

local function refusal_for(key, core, arg, now)
  if core == nil then
    return reply.refuse("execution_not_found")
  end
  local refusal = lease.check_fence(arg)
  if refusal then
    return refusal
  end
  if core.lifecycle_phase == "active" and core.lease_revoked_at ~= "" then
    return reply.refuse("lease_revoked")
  end
  refusal = lease.check_live(key, core, arg, now)
  if refusal then
    return refusal
  end
  return arg.attempt_index ~= core.current_attempt_index and reply.refuse("stale_lease") or nil
end

return function(key, arg)
  local now = clock.now()
  local refusal = refusal_for(key, hash.read(key.exec_core, FIELDS), arg, now)
  if refusal then
    return refusal
  end
  local expires_at = now + arg.lease_ttl_ms
  local deadline = lease.renewal_deadline(now, arg.lease_ttl_ms)
  hash.write(key.exec_core, {
    "lease_last_renewed_at", now,
    "lease_renewal_deadline", deadline,
    "lease_expires_at", expires_at,
    "last_mutation_at", now,
  })
  hash.write(key.lease_current, {
    "last_renewed_at", now,
    "renewal_deadline", deadline,
    "expires_at", expires_at,
  })
  clock.expire_at(key.lease_current, expires_at + arg.lease_history_grace_ms)
  redis.call("ZADD", key.lease_expiry, expires_at, arg.execution_id)
  return reply.ok(expires_at)
end
