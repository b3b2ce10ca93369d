-- What a delivered signal does to a resume condition (contract 04 §4): effect (its name), matched (0 or 1), met (does
-- the execution go on), state (fields for the stored condition), tokens (for the set of satisfiers of a composite one)
-- and closing (fields for the suspension record, when met).

local verdict = {}

function verdict.ignored(effect)
  return { effect = effect, matched = 0, met = false, state = {}, tokens = {}, closing = {} }
end

function verdict.kept(effect, state, tokens)
  return { effect = effect, matched = 1, met = false, state = state, tokens = tokens, closing = {} }
end

function verdict.met(state, closing)
  local effect = "resume_condition_satisfied"
  return { effect = effect, matched = 1, met = true, state = state, tokens = {}, closing = closing }
end

return verdict
