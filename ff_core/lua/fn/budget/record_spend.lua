-- Counts usage, unless that would pass a hard limit, and notes in the ledger which execution it was.

local budget = require("budget")
local hash = require("hash")

local function names_of(entries)
  local names = {}
  for place, entry in ipairs(entries) do
    names[place] = entry.dimension
  end
  return names
end

return function(key, arg)
  local answer, counted = budget.report(key, arg)
  if counted == nil or arg.execution_id == "" then
    return answer
  end
  if #counted > 0 then
    budget.add(key.budget_by_exec, counted, hash.read(key.budget_by_exec, names_of(counted)) or {})
  end
  redis.call("SADD", key.budget_by_exec_index, arg.execution_id)
  return answer
end
