-- Who may act on a running execution (contract 08 3.3), and what it means to hold, lose or release a lease.
--
-- A fence is the triple lease id, lease epoch, attempt id. The checks come in one order everywhere: is the triple
-- whole, is the execution active, was the lease revoked, has it run out, is it another one. Comparison is by text.
-- A lease that is found to have run out is marked so by the very call that found it.

local derived = require("derived")
local hash = require("hash")
local history = require("history")
local number = require("number")
local reply = require("reply")
local stream = require("stream")

local lease = {}

-- What the checks below need of the execution core.
lease.FIELDS = {
  "lifecycle_phase",
  "ownership_state",
  "terminal_outcome",
  "current_lease_id",
  "current_lease_epoch",
  "current_attempt_id",
  "current_attempt_index",
  "current_worker_id",
  "current_worker_instance_id",
  "lease_expires_at",
}

-- Emptied when a lease is given back; the epoch, the attempt and the lane of the last claim stay.
lease.RELEASED = hash.emptied({
  "current_lease_id",
  "current_worker_id",
  "current_worker_instance_id",
  "lease_expires_at",
  "lease_last_renewed_at",
  "lease_renewal_deadline",
})

-- Marks of a lost lease, emptied by the next claim.
lease.UNMARKED = hash.emptied({ "lease_expired_at", "lease_revoked_at", "lease_revoke_reason" })

-- FIELDS together with what one function needs besides.
function lease.fields_and(...)
  local names = { unpack(lease.FIELDS) }
  for _, name in ipairs({ ... }) do
    names[#names + 1] = name
  end
  return names
end

function lease.not_active(core)
  return reply.refuse(
    "execution_not_active",
    core.terminal_outcome,
    core.current_lease_epoch,
    core.lifecycle_phase,
    core.current_attempt_id
  )
end

-- A worker should renew after two thirds of the lease.
function lease.renewal_deadline(now, ttl)
  return now + math.floor(ttl * 2 / 3)
end

function lease.has_run_out(core, now)
  return number.count(core.lease_expires_at) <= now
end

-- Marks a lease that has run out, so that the execution can be reclaimed; indexes and lease record stay as they are.
function lease.mark_expired(core_key, history_key, core, now)
  if core.ownership_state == "lease_expired_reclaimable" then
    return
  end
  hash.write(core_key, {
    "ownership_state", "lease_expired_reclaimable",
    "blocking_reason", "waiting_for_worker",
    "blocking_detail", "lease expired, awaiting reclaim",
    "attempt_state", "attempt_interrupted",
    "lease_expired_at", now,
    "last_mutation_at", now,
  })
  history.append(history_key, "expired", lease.holder(core), now)
  stream.close_if_open(derived.stream_meta(core_key, core.current_attempt_index), "lease_expired", now)
end

-- History fields that name the holder.
function lease.holder(core)
  return {
    "lease_id", core.current_lease_id,
    "lease_epoch", core.current_lease_epoch,
    "attempt_index", core.current_attempt_index,
    "attempt_id", core.current_attempt_id,
    "worker_id", core.current_worker_id,
    "worker_instance_id", core.current_worker_instance_id,
  }
end

local function given(fence)
  local parts = 0
  for _, part in ipairs({ fence.attempt_id, fence.lease_id, fence.lease_epoch }) do
    if part ~= "" then
      parts = parts + 1
    end
  end
  return parts
end

-- Refuses a fence that is not whole.
function lease.check_fence(fence)
  local parts = given(fence)
  if parts == 3 then
    return nil
  end
  return reply.refuse(parts == 0 and "fence_required" or "partial_fence_triple")
end

-- Refuses whoever does not hold the live lease that `fence` names; marks a lease that has run out.
function lease.check_live(key, core, fence, now)
  if core.lifecycle_phase ~= "active" then
    return lease.not_active(core)
  end
  if core.ownership_state == "lease_revoked" then
    return reply.refuse("lease_revoked")
  end
  if lease.has_run_out(core, now) then
    lease.mark_expired(key.exec_core, key.lease_history, core, now)
    return reply.refuse("lease_expired")
  end
  local mine = fence.lease_id == core.current_lease_id
    and fence.lease_epoch == core.current_lease_epoch
    and fence.attempt_id == core.current_attempt_id
  return not mine and reply.refuse("stale_lease") or nil
end

local function current(core)
  return {
    lease_id = core.current_lease_id,
    lease_epoch = core.current_lease_epoch,
    attempt_id = core.current_attempt_id,
  }
end

-- The opening of every call that ends or pauses an attempt. `arg` carries the fence; with an empty one the source
-- `operator_override` stands in for the holder. Answers the fence that acts, or nil and a refusal.
function lease.authorise(key, core, arg, now)
  if core == nil then
    return nil, reply.refuse("execution_not_found")
  end
  local fence, refusal = arg, nil
  if arg.source == "operator_override" and given(arg) == 0 then
    fence = current(core)
  else
    refusal = lease.check_fence(arg)
  end
  if refusal then
    return nil, refusal
  end
  refusal = lease.check_live(key, core, fence, now)
  if refusal then
    return nil, refusal
  end
  return fence
end

return lease
