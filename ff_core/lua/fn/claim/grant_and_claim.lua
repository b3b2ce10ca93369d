-- Claims one execution by its id, as an operator does: nobody's grant, no capability check. An interrupted attempt goes
-- on, even before its delay is over or its children are done.

local claiming = require("claiming")
local clock = require("clock")
local fresh_attempt = require("fresh_attempt")
local grant = require("grant")
local hash = require("hash")
local history = require("history")
local number = require("number")
local reply = require("reply")

local FIELDS = {
  "lifecycle_phase", "ownership_state", "eligibility_state", "terminal_outcome", "current_attempt_index",
  "current_attempt_id", unpack(fresh_attempt.FIELDS),
}

local function refusal_for(key, core)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "runnable" then
    return reply.refuse("execution_not_eligible")
  elseif core.ownership_state ~= "unowned" then
    return reply.refuse("lease_conflict")
  elseif core.terminal_outcome ~= "none" then
    return reply.refuse("execution_not_eligible")
  elseif core.attempt_state == "running_attempt" then
    return reply.refuse("active_attempt_exists")
  elseif grant.exists(key) then
    return reply.refuse("grant_already_exists")
  end
  return nil
end

local function resume(key, arg, core)
  local owner = claiming.resume(key, arg, core, "issue_grant_and_claim_resumed", clock.now())
  return reply.ok(owner.lease_id, owner.epoch, core.current_attempt_index)
end

local function begin(key, arg, core, policy_fields)
  if not redis.call("ZSCORE", key.lane_eligible, arg.execution_id) then
    return reply.refuse("execution_not_in_eligible_set")
  elseif core.eligibility_state ~= "eligible_now" then
    return reply.refuse("execution_not_eligible")
  end
  local now = clock.now()
  local owner = claiming.owner(arg, arg.attempt_id, number.count(core.current_lease_epoch), nil, now)
  local index = fresh_attempt.start(key, arg, core, owner, policy_fields, now)
  local acquired = fresh_attempt.acquired(owner, index)
  acquired[#acquired + 1] = "reason"
  acquired[#acquired + 1] = "issue_grant_and_claim"
  history.append(key.lease_history, "acquired", acquired, now)
  return reply.ok(owner.lease_id, owner.epoch, index)
end

return function(key, arg)
  local policy_fields, refusal = fresh_attempt.policy_fields(arg.attempt_policy_json)
  local core = hash.read(key.exec_core, FIELDS)
  refusal = refusal or refusal_for(key, core)
  if refusal then
    return refusal
  end
  if core.attempt_state == "attempt_interrupted" then
    return resume(key, arg, core)
  end
  return begin(key, arg, core, policy_fields)
end
