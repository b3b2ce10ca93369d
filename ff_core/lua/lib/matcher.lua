-- Which signal names a condition wants (contract 04 §4).

local matcher = {}

matcher.ANY = ""

-- Conditions that no signal can meet are written with one of these names; as signals they match nothing, so that a
-- token holder cannot stand in for the operator or the clock.
local RESERVED = { __operator_only__ = true, __timeout_only__ = true }

function matcher.accepts(wanted, name)
  return not RESERVED[name] and (wanted == matcher.ANY or wanted == name)
end

return matcher
