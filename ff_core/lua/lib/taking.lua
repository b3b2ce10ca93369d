-- Taking the lease of a runnable execution: for a new attempt, or to go on with an interrupted one (contract 03a §2,
-- 04 §8). What entitles the caller, a grant as a rule, is for the function to look at.

local claiming = require("claiming")
local fresh_attempt = require("fresh_attempt")
local history = require("history")
local number = require("number")
local reply = require("reply")

local taking = {}

-- What a new attempt needs of the execution core, and what going on needs.
taking.FRESH = {
  "lifecycle_phase", "ownership_state", "eligibility_state", "terminal_outcome", unpack(fresh_attempt.FIELDS),
}
taking.INTERRUPTED = {
  "lifecycle_phase", "attempt_state", "current_attempt_id", "current_attempt_index", "current_lease_epoch",
}

function taking.is_interrupted(core)
  return core.attempt_state == "attempt_interrupted"
end

function taking.refuse_fresh(core)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "runnable" then
    return reply.refuse("execution_not_leaseable")
  elseif core.ownership_state ~= "unowned" then
    return reply.refuse("lease_conflict")
  elseif core.eligibility_state ~= "eligible_now" or core.terminal_outcome ~= "none" then
    return reply.refuse("execution_not_leaseable")
  elseif core.attempt_state == "running_attempt" then
    return reply.refuse("active_attempt_exists")
  elseif taking.is_interrupted(core) then
    return reply.refuse("use_claim_resumed_execution")
  end
  return nil
end

function taking.refuse_interrupted(core)
  if core == nil then
    return reply.refuse("execution_not_found")
  elseif core.lifecycle_phase ~= "runnable" then
    return reply.refuse("execution_not_leaseable")
  elseif not taking.is_interrupted(core) then
    return reply.refuse("not_a_resumed_execution")
  end
  return nil
end

-- Starts the next attempt; `policy_fields` are those of its own policy.
function taking.start(key, arg, core, policy_fields, now)
  local epoch = number.count(core.current_lease_epoch)
  local owner = claiming.owner(arg, arg.attempt_id, epoch, now + arg.renew_before_ms, now)
  local index, attempt_type = fresh_attempt.start(key, arg, core, owner, policy_fields, now)
  history.append(key.lease_history, "acquired", fresh_attempt.acquired(owner, index), now)
  return reply.ok(owner.lease_id, owner.epoch, owner.expires_at, owner.attempt_id, index, attempt_type)
end

-- Goes on with the interrupted attempt, which keeps its id and index.
function taking.go_on(key, arg, core, now)
  local owner = claiming.resume(key, arg, core, "claim_resumed", now)
  if (arg.remaining_attempt_timeout_ms or 0) > 0 then
    redis.call("ZADD", key.attempt_timeout, now + arg.remaining_attempt_timeout_ms, arg.execution_id)
  end
  local index = core.current_attempt_index
  return reply.ok(owner.lease_id, owner.epoch, owner.expires_at, owner.attempt_id, index, "resumed")
end

return taking
