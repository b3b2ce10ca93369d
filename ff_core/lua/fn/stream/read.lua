-- Reads a range of the output of an attempt, and whether it is complete. Hidden frames count as read, so a page can be
-- short or empty while more follows.

local hash = require("hash")
local reply = require("reply")

local MOST = 10000

local function fault_of(count)
  if count < 1 then
    return "count_limit must be >= 1"
  elseif count > MOST then
    return "count_limit_exceeds_hard_cap"
  elseif count % 1 ~= 0 then
    return "count_limit must be a whole number"
  end
  return nil
end

local function is_best_effort(entry)
  local fields = entry[2]
  for place = 1, #fields, 2 do
    if fields[place] == "mode" then
      return fields[place + 1] == "best_effort"
    end
  end
  return false
end

local function without_best_effort(entries)
  local found = {}
  for _, entry in ipairs(entries) do
    if not is_best_effort(entry) then
      found[#found + 1] = entry
    end
  end
  return found
end

return function(key, arg)
  local fault = fault_of(arg.count_limit)
  if fault then
    return reply.refuse("invalid_input", fault)
  end
  local entries = redis.pcall("XRANGE", key.stream, arg.from_id, arg.to_id, "COUNT", arg.count_limit)
  if entries.err then
    local message = "from_id and to_id must be ids of stream entries, got: " .. arg.from_id .. " " .. arg.to_id
    return string.find(entries.err, "^WRONGTYPE") and entries or reply.refuse("invalid_input", message)
  end
  if arg.visibility == "exclude_best_effort" then
    entries = without_best_effort(entries)
  end
  local record = hash.read(key.stream_meta, { "closed_at", "closed_reason" }) or {}
  return reply.ok(entries, record.closed_at or "", record.closed_reason or "")
end
