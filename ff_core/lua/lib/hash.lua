-- Hashes read by named fields and written in one command. A missing field and the empty text mean the same
-- (contract 02 §0).

local number = require("number")

local hash = {}

-- Lua hands only some thousand values to one call; an even number, so that no pair is torn.
local MOST_VALUES = 4000

-- The named fields as a table, "" where one is missing; nil when the hash has none of them.
function hash.read(key, names)
  local values = redis.call("HMGET", key, unpack(names))
  local record, found = {}, false
  for place, name in ipairs(names) do
    found = found or values[place] ~= false
    record[name] = values[place] or ""
  end
  return found and record or nil
end

-- Every argument is a list field, value, field, value ...; one HSET writes them all, save for huge documents.
function hash.write(key, ...)
  local pairs_ = {}
  for _, list in ipairs({ ... }) do
    for place = 1, #list do
      pairs_[#pairs_ + 1] = number.text(list[place])
    end
  end
  for first = 1, #pairs_, MOST_VALUES do
    redis.call("HSET", key, unpack(pairs_, first, math.min(first + MOST_VALUES - 1, #pairs_)))
  end
end

-- A list that empties the named fields.
function hash.emptied(names)
  local list = {}
  for _, name in ipairs(names) do
    list[#list + 1] = name
    list[#list + 1] = ""
  end
  return list
end

return hash
