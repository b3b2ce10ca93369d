-- Numbers arrive and are stored as text (contract 03a 1.2).

local number = {}

-- Doubles are exact up to here.
local MAX_WHOLE = 2 ^ 53

-- The finite number that a text stands for (decimal, fraction, exponent, hex, blanks around it), else nil.
function number.parse(text)
  local value = tonumber(text)
  if value == nil or value ~= value or value == math.huge or value == -math.huge then
    return nil
  end
  return value
end

-- Numbers as stored text: whole ones plain, fractions with 14 digits. Texts pass unchanged.
function number.text(value)
  if type(value) ~= "number" then
    return value
  end
  if value % 1 == 0 then
    return string.format("%.0f", value)
  end
  return string.format("%.14g", value)
end

-- Whole milliseconds that an expiry command takes, whatever the size of the number.
function number.whole(value)
  return math.floor(math.min(math.max(value, -MAX_WHOLE), MAX_WHOLE))
end

-- A stored counter; missing or unreadable counts as 0.
function number.count(text)
  return number.parse(text) or 0
end

return number
