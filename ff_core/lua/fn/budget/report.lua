-- Counts usage, unless that would pass a hard limit.

local budget = require("budget")

return function(key, arg)
  return (budget.report(key, arg))
end
