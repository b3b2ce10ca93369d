-- Marks a lease that has run out, so that its execution can be reclaimed. The entry in lease_expiry stays: reclaimable
-- executions are found there.

local clock = require("clock")
local hash = require("hash")
local lease = require("lease")
local reply = require("reply")

-- Why the entry in lease_expiry is a left-over, nil when it is none.
local function leftover(core)
  if core == nil then
    return "execution_not_found"
  elseif core.lifecycle_phase ~= "active" then
    return "not_active"
  elseif core.ownership_state == "unowned" then
    return "unowned"
  end
  return nil
end

return function(key, arg)
  local core = hash.read(key.exec_core, lease.FIELDS)
  local reason = leftover(core)
  if reason then
    redis.call("ZREM", key.lease_expiry, arg.execution_id)
    return reply.already(reason)
  elseif core.ownership_state == "lease_expired_reclaimable" then
    return reply.already("already_expired")
  elseif core.ownership_state == "lease_revoked" then
    return reply.already("already_revoked")
  end
  local now = clock.now()
  if not lease.has_run_out(core, now) then
    return reply.already("not_yet_expired")
  end
  lease.mark_expired(key.exec_core, key.lease_history, core, now)
  return reply.ok("marked_expired")
end
