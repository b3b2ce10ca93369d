-- Policy documents: JSON texts, stored as given (contract 01 7).

local capability = require("capability")
local reply = require("reply")

local policy = {}

-- The decoded document if it is an object or an array, nil for anything else; second answer: was it JSON at all?
function policy.decode(text)
  local ok, document = pcall(cjson.decode, text)
  if ok and type(document) == "table" then
    return document, true
  end
  return nil, ok
end

local function refuse_token(token)
  if type(token) ~= "string" then
    return "required:non_string_token"
  elseif token == "" then
    return "required:empty_token"
  elseif string.find(token, ",", 1, true) then
    return "required:comma_in_token"
  elseif string.find(token, "[%z\1-\32\127]") then
    return "required:control_or_whitespace"
  end
  return nil
end

-- The sorted CSV of required capabilities that a policy text asks for ("" = none), or nil and a refusal.
function policy.required_capabilities(text)
  if text == "" or text == "{}" then
    return ""
  end
  local document, was_json = policy.decode(text)
  if not was_json then
    return nil, reply.refuse("invalid_policy_json", "malformed")
  end
  local routing = document and document.routing_requirements
  if routing == nil then
    return ""
  elseif type(routing) ~= "table" then
    return nil, reply.refuse("invalid_policy_json", "routing_requirements:not_object")
  end
  local required = routing.required_capabilities
  if required == nil then
    return ""
  elseif type(required) ~= "table" then
    return nil, reply.refuse("invalid_capabilities", "required:not_array")
  end
  for _, token in ipairs(required) do
    local fault = refuse_token(token)
    if fault then
      return nil, reply.refuse("invalid_capabilities", fault)
    end
  end
  if #required > capability.MAX_TOKENS then
    return nil, reply.refuse("invalid_capabilities", "required:too_many_tokens")
  end
  local csv = capability.csv(required)
  if #csv > capability.MAX_BYTES then
    return nil, reply.refuse("invalid_capabilities", "required:too_many_bytes")
  end
  return csv
end

-- A document that JSON cannot carry back (it held NaN) becomes the empty text.
local function encode(value)
  local ok, text = pcall(cjson.encode, value)
  return ok and text or ""
end

-- One field a top-level entry, for a hash: texts as they are, other values as JSON (an array gives fields 1, 2, ...).
-- A null is no entry.
function policy.fields(document)
  local list = {}
  for name, value in pairs(document) do
    if value ~= cjson.null then
      list[#list + 1] = tostring(name)
      list[#list + 1] = type(value) == "table" and encode(value) or tostring(value)
    end
  end
  return list
end

return policy
