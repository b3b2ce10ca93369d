-- Tags that users put on executions and flows.

local reply = require("reply")

local tag = {}

-- A name space, a dot, and something behind it that does not begin with another dot.
local NAME = "^[a-z][a-z0-9_]*%.[^.]"

function tag.is_name(text)
  return string.find(text, NAME) ~= nil
end

-- Refuses what is no list of names and values at all.
function tag.check_pairs(arg)
  if arg.count == 0 or arg.count % 2 == 1 then
    return reply.refuse("invalid_input", "tags must be non-empty even-length key/value pairs")
  end
  return nil
end

-- The tags as a field list, or nil and a refusal.
function tag.fields(arg)
  local list = {}
  for _, pair in ipairs(arg.rest) do
    if not tag.is_name(pair.key) then
      return nil, reply.refuse("invalid_tag_key", pair.key)
    end
    list[#list + 1] = pair.key
    list[#list + 1] = pair.value
  end
  return list
end

return tag
