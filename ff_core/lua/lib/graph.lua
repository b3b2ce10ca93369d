-- The graph of a flow: edges lead from a member to those that wait for it (contract 05).

local derived = require("derived")

local graph = {}

-- A search that has seen more members gives up, so that one call stays short.
local MOST = 1000

-- Ids of the members behind the edges that leave `execution_id`.
local function next_members(core_key, execution_id)
  local found = {}
  for _, edge_id in ipairs(redis.call("SMEMBERS", derived.flow_out(core_key, execution_id))) do
    local edge_key = derived.flow_edge(core_key, edge_id)
    found[#found + 1] = redis.call("HGET", edge_key, "downstream_execution_id") or nil
  end
  return found
end

-- Can `target` be reached from `start`? A search that gives up says yes.
function graph.reaches(core_key, start, target)
  local queue, seen = { start }, { [start] = true }
  local place = 1
  while queue[place] do
    for _, member in ipairs(next_members(core_key, queue[place])) do
      if member == target then
        return true
      elseif not seen[member] then
        seen[member] = true
        queue[#queue + 1] = member
      end
    end
    if #queue > MOST then
      return true
    end
    place = place + 1
  end
  return false
end

return graph
