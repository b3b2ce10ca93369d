-- Records how far the running attempt has come. A lease that has run out is refused but not marked, and the attempt id
-- is not asked for.

local clock = require("clock")
local hash = require("hash")
local lease = require("lease")
local reply = require("reply")

local function refusal_for(core, arg, now)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "active" then
    return lease.not_active(core)
  elseif core.ownership_state == "lease_revoked" then
    return reply.refuse("lease_revoked")
  elseif lease.has_run_out(core, now) then
    return reply.refuse("lease_expired")
  elseif arg.lease_id ~= core.current_lease_id or arg.lease_epoch ~= core.current_lease_epoch then
    return reply.refuse("stale_lease")
  end
  return nil
end

return function(key, arg)
  local now = clock.now()
  local refusal = refusal_for(hash.read(key.exec_core, lease.FIELDS), arg, now)
  if refusal then
    return refusal
  end
  local given = {}
  for _, name in ipairs({ "progress_pct", "progress_message" }) do
    if arg[name] ~= "" then
      given[#given + 1] = name
      given[#given + 1] = arg[name]
    end
  end
  hash.write(key.exec_core, { "progress_updated_at", now, "last_mutation_at", now }, given)
  return reply.ok()
end
