-- When a failed attempt is tried again (contract 01 §7.3). A part of the policy that is no number counts as missing.

local number = require("number")
local policy = require("policy")

local retry = {}

-- What `backoff.type` and its parts mean; missing parts have the values given here.
local WAIT = {
  fixed = function(part)
    return part("delay_ms", 1000)
  end,
  exponential = function(part, retries)
    local growing = part("initial_delay_ms", 1000) * part("multiplier", 2) ^ retries
    local most = part("max_delay_ms", 60000)
    return number.parse(growing) and math.min(growing, most) or most
  end,
}

local function backoff(document, retries)
  local form = type(document.backoff) == "table" and document.backoff or {}
  local wait = WAIT[form.type]
  if wait == nil then
    return 1000
  end
  return wait(function(name, default)
    return number.parse(form[name]) or default
  end, retries)
end

-- Whole milliseconds to wait before the next attempt, nil when there is none. `retries` is how many there were so far.
function retry.delay(policy_json, retries)
  local document = policy.decode(policy_json)
  if document == nil or retries >= (number.parse(document.max_retries) or 0) then
    return nil
  end
  return math.ceil(backoff(document, retries))
end

return retry
