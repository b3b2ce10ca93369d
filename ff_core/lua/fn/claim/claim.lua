-- Turns a grant into a new attempt and a lease.

local clock = require("clock")
local fresh_attempt = require("fresh_attempt")
local grant = require("grant")
local hash = require("hash")
local reply = require("reply")
local taking = require("taking")

-- The fields of the attempt's policy, or nil and a refusal of what this call asks for.
local function admit(key, arg, core, now)
  local policy_fields, refusal = fresh_attempt.policy_fields(arg.attempt_policy_json)
  refusal = refusal or taking.refuse_fresh(core)
  if refusal then
    return nil, refusal
  end
  local held
  held, refusal = grant.of_worker(key, arg.worker_id)
  if refusal then
    return nil, refusal
  end
  if grant.has_lapsed(held, now) then
    return nil, reply.refuse("claim_grant_expired")
  end
  return policy_fields
end

return function(key, arg)
  local now = clock.now()
  local core = hash.read(key.exec_core, taking.FRESH)
  local policy_fields, refusal = admit(key, arg, core, now)
  if refusal then
    return refusal
  end
  return taking.start(key, arg, core, policy_fields, now)
end
