-- Resume conditions, whichever form they have (contract 04 §3.3, §4).

local composite = require("composite")
local hash = require("hash")
local plain = require("plain")
local reply = require("reply")

local condition = {}

-- Fields of the stored state besides the matchers of a plain condition.
local HEAD = {
  "closed",
  "composite",
  "match_mode",
  "minimum_signal_count",
  "total_matchers",
  "satisfied_count",
  "tree_json",
}

-- The condition in a document, as a table with its form, or nil and a refusal.
function condition.parse(text)
  local ok, document = pcall(cjson.decode, text)
  if not ok or type(document) ~= "table" then
    return nil, reply.refuse("invalid_input", "resume_condition_json must be a JSON object")
  end
  local is_tree = document.composite == true or document.condition_type == "composite"
  local form = is_tree and composite or plain
  local parsed, fault = form.parse(document)
  if fault then
    return nil, reply.refuse("invalid_resume_condition", fault)
  end
  parsed.form = form
  return parsed
end

-- The stored state, nil when there is none.
function condition.read(key)
  return hash.read(key.waitpoint_condition, HEAD)
end

function condition.judge(key, arg, head, waitpoint_key, now)
  local form = head.composite == "1" and composite or plain
  return form.judge(key, arg, head, waitpoint_key, now)
end

return condition
