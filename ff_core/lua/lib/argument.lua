-- Reads one argument as the contract describes it (contract 03a 1.2).

local number = require("number")
local reply = require("reply")

local argument = {}

local function refuse(name, wanted, text)
  return reply.refuse("invalid_input", name .. " must be " .. wanted .. ", got: " .. tostring(text))
end

local function read_number(name, text)
  local value = number.parse(text)
  if value == nil then
    return nil, refuse(name, "a number", text)
  end
  return value
end

local READ = {
  text = function(_, text)
    return text or ""
  end,
  number = read_number,
  whole = function(name, text)
    local value, refusal = read_number(name, text)
    if value and value ~= number.whole(value) then
      return nil, refuse(name, "a whole number", text)
    end
    return value, refusal
  end,
  optional = function(name, text)
    if text == nil or text == "" then
      return nil
    end
    return read_number(name, text)
  end,
  lenient = function(_, text)
    return number.count(text)
  end,
}

-- `form` is name, kind, default; a default stands for a missing argument only. Answers the value, or nil and a refusal.
function argument.read(form, text)
  if text == nil then
    text = form[3]
  end
  return READ[form[2]](form[1], text)
end

return argument
