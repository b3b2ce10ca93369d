-- Gives back what one execution has spent, but never more than there is: a reset may have come between.

local hash = require("hash")
local number = require("number")
local reply = require("reply")

-- A hash whose fields are not known beforehand, as a table.
local function all_of(key)
  local found, flat = {}, redis.call("HGETALL", key)
  for place = 1, #flat, 2 do
    found[flat[place]] = number.count(flat[place + 1])
  end
  return found
end

return function(key, arg)
  redis.call("SREM", key.budget_by_exec_index, arg.execution_id)
  local ledger, fields = all_of(key.budget_by_exec), {}
  if next(ledger) == nil then
    return reply.ok("noop")
  end
  local usage = all_of(key.budget_usage)
  for dimension, spent in pairs(ledger) do
    if spent > 0 then
      fields[#fields + 1] = dimension
      fields[#fields + 1] = math.max((usage[dimension] or 0) - spent, 0)
    end
  end
  hash.write(key.budget_usage, fields)
  redis.call("DEL", key.budget_by_exec)
  return reply.ok("released")
end
