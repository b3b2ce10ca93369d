-- Executions whose worker was lost: still active, but their lease has run out or was revoked (contract 03b §3).

local reply = require("reply")

local reclaiming = {}

local LOST = { lease_expired_reclaimable = true, lease_revoked = true }

function reclaiming.check(core)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "active" or not LOST[core.ownership_state] then
    return reply.refuse("execution_not_reclaimable")
  end
  return nil
end

return reclaiming
