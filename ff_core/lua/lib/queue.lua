-- The order of a lane's queue (contract 01 7.4): higher priority first, then the older execution.

local number = require("number")

local queue = {}

local PRIORITY_STEP = 1e12

queue.MAX_PRIORITY = 9000

function queue.clamp(priority)
  return math.min(math.max(priority, 0), queue.MAX_PRIORITY)
end

-- Exact in a double for every priority up to MAX_PRIORITY. Both arguments are texts or numbers; missing counts as 0.
function queue.score(priority, created_at)
  return number.count(created_at) - number.count(priority) * PRIORITY_STEP
end

return queue
