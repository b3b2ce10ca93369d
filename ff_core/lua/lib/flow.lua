-- The record of a flow (contract 05).

local hash = require("hash")
local reply = require("reply")

local flow = {}

local FIELDS = {
  "flow_id",
  "public_flow_state",
  "graph_revision",
  "node_count",
  "edge_count",
  "created_at",
}

-- Any other state, or none, counts as open.
local TERMINAL = { cancelled = true, completed = true, failed = true }

-- The record of a flow that may still change, or nil and a refusal.
function flow.open(key)
  local found = hash.read(key.flow_core, FIELDS)
  if found == nil then
    return nil, reply.refuse("flow_not_found")
  elseif TERMINAL[found.public_flow_state] then
    return nil, reply.refuse("flow_already_terminal")
  end
  return found
end

return flow
