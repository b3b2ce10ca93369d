-- Gives up a waitpoint. On an active one the execution stays suspended, and no signal comes through it any more.

local clock = require("clock")
local hash = require("hash")
local reply = require("reply")
local waitpoint = require("waitpoint")

local OPEN = { pending = true, active = true }
local CLOSED = { closed = true, expired = true }

return function(key, arg)
  local point = hash.read(key.waitpoint, { "state" })
  if point and not OPEN[point.state] and not CLOSED[point.state] then
    return reply.refuse("waitpoint_not_open")
  end
  -- It is not due any more; an index entry without a record would come back to its scanner for ever.
  redis.call("ZREM", key.pending_waitpoint_expiry, arg.waitpoint_id)
  if point == nil then
    return reply.refuse("waitpoint_not_found")
  elseif CLOSED[point.state] then
    return reply.ok("already_closed")
  end
  hash.write(key.waitpoint, { "state", "closed" }, waitpoint.ended(arg.reason, clock.now()))
  return reply.ok()
end
