-- Takes the lease away from its holder, as an operator does. Who held it stays readable, and the execution can be
-- reclaimed.

local clock = require("clock")
local hash = require("hash")
local history = require("history")
local lease = require("lease")
local reply = require("reply")

local function answer_without_lease(core, arg)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "active" then
    return lease.not_active(core)
  elseif core.ownership_state == "lease_revoked" then
    return reply.already("already_revoked")
  elseif core.ownership_state == "lease_expired_reclaimable" then
    return reply.already("already_expired")
  elseif core.ownership_state ~= "leased" then
    return reply.refuse("no_active_lease")
  elseif arg.expected_lease_id ~= "" and arg.expected_lease_id ~= core.current_lease_id then
    local detail = "expected " .. arg.expected_lease_id .. " but current is " .. core.current_lease_id
    return reply.refuse("stale_lease", detail)
  end
  return nil
end

return function(key, arg)
  local core = hash.read(key.exec_core, lease.FIELDS)
  local answer = answer_without_lease(core, arg)
  if answer then
    return answer
  end
  local now = clock.now()
  hash.write(key.exec_core, {
    "ownership_state", "lease_revoked",
    "blocking_reason", "waiting_for_worker",
    "blocking_detail", "lease revoked: " .. arg.reason,
    "attempt_state", "attempt_interrupted",
    "lease_revoked_at", now,
    "lease_revoke_reason", arg.reason,
    "last_mutation_at", now,
  })
  redis.call("DEL", key.lease_current)
  redis.call("ZREM", key.lease_expiry, arg.execution_id)
  redis.call("SREM", key.worker_leases, arg.execution_id)
  local entry = lease.holder(core)
  entry[#entry + 1] = "reason"
  entry[#entry + 1] = arg.reason
  history.append(key.lease_history, "revoked", entry, now)
  return reply.ok("revoked", core.current_lease_id, core.current_lease_epoch)
end
