-- The state vector of an execution (contract 03b 4), as field lists for hash.write.
-- One function a phase; each writes all seven dimensions and the derived public state, so that no two can disagree.

local state = {}

local function vector(phase, ownership, eligibility, reason, detail, outcome, public)
  return {
    "lifecycle_phase", phase,
    "ownership_state", ownership,
    "eligibility_state", eligibility,
    "blocking_reason", reason,
    "blocking_detail", detail,
    "terminal_outcome", outcome,
    "public_state", public,
  }
end

local PUBLIC = {
  eligible_now = "waiting",
  not_eligible_until_time = "delayed",
  blocked_by_dependencies = "waiting_children",
}

-- attempt_state is a dimension of its own: most moves set it, promotion and blocks keep it.
function state.attempt(value)
  return { "attempt_state", value }
end

function state.runnable(eligibility, reason, detail)
  return vector("runnable", "unowned", eligibility, reason, detail, "none", PUBLIC[eligibility])
end

-- Kept from the queue by admission. The public state is the same for every reason, whatever the derivation says.
function state.limited(eligibility, reason, detail)
  return vector("runnable", "unowned", eligibility, reason, detail, "none", "rate_limited")
end

function state.waiting()
  return state.runnable("eligible_now", "waiting_for_worker", "")
end

function state.active()
  return vector("active", "leased", "not_applicable", "none", "", "none", "active")
end

function state.suspended(reason, detail)
  return vector("suspended", "unowned", "not_applicable", reason, detail, "none", "suspended")
end

function state.terminal(outcome)
  local public = outcome == "success" and "completed" or outcome
  return vector("terminal", "unowned", "not_applicable", "none", "", outcome, public)
end

-- Dimensions that a move of a runnable execution keeps as they were; an attempt that has no state gets `attempt`.
function state.kept(core, attempt)
  return {
    "ownership_state", core.ownership_state == "" and "unowned" or core.ownership_state,
    "attempt_state", core.attempt_state == "" and attempt or core.attempt_state,
  }
end

-- Last change of the vector and last write are the same moment.
function state.touched(now)
  return { "last_transition_at", now, "last_mutation_at", now }
end

return state
