-- Says what is due on a partition: for each index, and for the delayed work of the lanes given, at most `limit`
-- entries, the longest due first. `next_due` is the time of the first thing that is not in the answer; empty where
-- there is none.

local clock = require("clock")
local number = require("number")
local reply = require("reply")

local INDEXES = {
  "lease_expiry", "attempt_timeout", "execution_deadline", "suspension_timeout", "pending_waitpoint_expiry",
}

-- Adds the due entries of one index to `found`, as index, lane, member and score.
local function collect(found, index_key, index, lane, limit, now)
  local entries = redis.call("ZRANGE", index_key, 0, limit, "WITHSCORES")
  for place = 1, #entries, 2 do
    local member, due = entries[place], tonumber(entries[place + 1])
    if due > now or place > 2 * limit then
      found.next_due = math.min(found.next_due or due, due)
      return
    end
    for _, part in ipairs({ index, lane, member, number.text(due) }) do
      found[#found + 1] = part
    end
  end
end

return function(key, arg)
  if arg.limit < 1 then
    return reply.refuse("invalid_input", "limit must be at least 1, got: " .. number.text(arg.limit))
  end
  local now = clock.now()
  local found = {}
  for _, index in ipairs(INDEXES) do
    collect(found, key[index], index, "", arg.limit, now)
  end
  for place, group in ipairs(key.rest) do
    collect(found, group.lane_delayed, "delayed", arg.rest[place].lane, arg.limit, now)
  end
  local answer = reply.ok(now, found.next_due or "")
  for _, part in ipairs(found) do
    answer[#answer + 1] = part
  end
  return answer
end
