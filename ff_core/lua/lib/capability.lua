-- Capability lists (contract 03a 1.9): what an execution requires and what a worker has, as comma separated text.

local hash = require("hash")
local reply = require("reply")

local capability = {}

capability.MAX_TOKENS = 256
capability.MAX_BYTES = 4096

local function precedes(a, b)
  for place = 1, math.min(#a, #b) do
    local left, right = string.byte(a, place), string.byte(b, place)
    if left ~= right then
      return left < right
    end
  end
  return #a < #b
end

-- The tokens as CSV, sorted by their bytes: Lua's own order of strings follows the locale of the server.
function capability.csv(list)
  table.sort(list, precedes)
  return table.concat(list, ",")
end

local function tokens(csv)
  local found = {}
  for token in string.gmatch(csv, "[^,]+") do
    found[#found + 1] = token
  end
  return found
end

-- Answers the list, or nil and a refusal; `side` is the word for whose list it is: required or worker.
local function bounded(csv, side)
  if #csv > capability.MAX_BYTES then
    return nil, reply.refuse("invalid_capabilities", side .. ":too_many_bytes")
  end
  local list = tokens(csv)
  if #list > capability.MAX_TOKENS then
    return nil, reply.refuse("invalid_capabilities", side .. ":too_many_tokens")
  end
  return list
end

-- What the worker lacks, as a sorted CSV ("" = nothing), or nil and a refusal of lists that are too long.
function capability.missing(required_csv, worker_csv)
  local required, refusal = bounded(required_csv, "required")
  if refusal then
    return nil, refusal
  end
  local offered
  offered, refusal = bounded(worker_csv, "worker")
  if refusal then
    return nil, refusal
  end
  local has = {}
  for _, token in ipairs(offered) do
    has[token] = true
  end
  local missing = {}
  for _, token in ipairs(required) do
    if not has[token] then
      missing[#missing + 1] = token
    end
  end
  return capability.csv(missing)
end

-- Refuses a worker that lacks something, and stamps that on the execution; nil when it may take the work.
function capability.check(core_key, required_csv, worker_csv, now)
  local missing, refusal = capability.missing(required_csv, worker_csv)
  if missing == "" or refusal then
    return refusal
  end
  hash.write(core_key, { "last_capability_mismatch_at", now })
  return reply.refuse("capability_mismatch", missing)
end

return capability
