-- An execution at the head of a queue, as a batched claim sees it: can this worker have it, and taking it
-- (contract 03a §2, 04 §8).

local capability = require("capability")
local clock = require("clock")
local derived = require("derived")
local grant = require("grant")
local hash = require("hash")
local reply = require("reply")
local taking = require("taking")

local candidate = {}

local FIELDS = {
  "execution_kind", "flow_id", "required_capabilities", "current_attempt_id", "current_attempt_index",
  unpack(taking.FRESH),
}

-- As a grant and a claim would find it.
local function is_ready(core)
  if core == nil or core.lifecycle_phase ~= "runnable" or core.eligibility_state ~= "eligible_now" then
    return false
  end
  return taking.is_interrupted(core) or taking.refuse_fresh(core) == nil
end

local function is_reserved(keys, worker_id)
  local held = grant.read(keys)
  return held ~= nil and (held.worker_id ~= worker_id or grant.has_lapsed(held, clock.now()))
end

-- Keys, core and id; `refusal` where the worker is not able to do it. Nil where nobody, or only another worker, can
-- have it now.
function candidate.read(any_key, execution_id, arg)
  local keys = derived.keys(any_key, execution_id, arg.lane)
  local core = hash.read(keys.exec_core, FIELDS)
  if not is_ready(core) then
    return nil
  end
  local found = { execution_id = execution_id, keys = keys, core = core }
  local missing, refusal = capability.missing(core.required_capabilities, arg.worker_capabilities_csv)
  if missing ~= "" then
    found.refusal = refusal or reply.refuse("capability_mismatch", missing)
  elseif is_reserved(keys, arg.worker_id) then
    return nil
  end
  return found
end

-- An execution that was not taken, with the reason, as the caller gets it.
function candidate.passed_over(found, reason)
  return { found.execution_id, found.core.execution_kind, found.core.flow_id, reason, false, {} }
end

-- One that was taken, with the work's own data.
function candidate.taken(found, answer)
  local payload, tags = redis.call("GET", found.keys.exec_payload), redis.call("HGETALL", found.keys.exec_tags)
  return { found.execution_id, found.core.execution_kind, found.core.flow_id, answer, payload, tags }
end

-- Claims it under the ids of `call`.
function candidate.take(found, arg, call, policy_fields)
  local keys, core = found.keys, found.core
  keys.worker_leases = derived.worker_leases(keys.exec_core, arg.worker_instance_id)
  local claim = {
    execution_id = found.execution_id,
    worker_id = arg.worker_id,
    worker_instance_id = arg.worker_instance_id,
    lane = arg.lane,
    lease_id = call.lease_id,
    lease_ttl_ms = arg.lease_ttl_ms,
    renew_before_ms = arg.renew_before_ms,
    attempt_id = call.attempt_id,
  }
  local answer
  if taking.is_interrupted(core) then
    answer = taking.go_on(keys, claim, core, clock.now())
  else
    answer = taking.start(keys, claim, core, policy_fields, clock.now())
  end
  return candidate.taken(found, answer)
end

return candidate
