-- The tree of a composite resume condition (contract 04 §3.3). Leaves (Single) and counts listen to waitpoints, by
-- key; AllOf joins nodes; NeverBySignal waits for the operator or the clock.

local matcher = require("matcher")
local number = require("number")

local tree = {}

local MAX_SIZE = 1000

-- How a count tells its satisfiers apart: the form of a token, and what it is made of.
local DISTINCT = {
  DistinctWaitpoints = function(signal)
    return "wp:" .. signal.waitpoint_id
  end,
  DistinctSignals = function(signal)
    return "sig:" .. signal.signal_id
  end,
  DistinctSources = function(signal)
    return "src:" .. signal.source_type .. ":" .. signal.source_identity
  end,
}

local function is_name(wanted)
  return wanted.kind == "ByName" and type(wanted.name) == "string" and wanted.name ~= ""
end

local function is_matcher(wanted)
  if wanted == nil or wanted == cjson.null then
    return true
  end
  return type(wanted) == "table" and (wanted.kind == "Wildcard" or is_name(wanted))
end

local function are_texts(list)
  for _, entry in ipairs(list) do
    if type(entry) ~= "string" then
      return false
    end
  end
  return true
end

-- Is the node, without its members, one of ours?
local CHECK = {
  Single = function(node)
    return type(node.waitpoint_key) == "string" and is_matcher(node.matcher)
  end,
  Count = function(node)
    return type(node.n) == "number"
      and number.parse(node.n)
      and DISTINCT[node.count_kind]
      and is_matcher(node.matcher)
      and type(node.waitpoints) == "table"
      and are_texts(node.waitpoints)
  end,
  AllOf = function(node)
    return type(node.members) == "table"
  end,
  NeverBySignal = function()
    return true
  end,
}

function tree.members(node)
  return node.kind == "AllOf" and node.members or {}
end

-- Keys of the waitpoints that a node listens to.
function tree.heard(node)
  if node.kind == "Single" then
    return { node.waitpoint_key }
  end
  return node.kind == "Count" and node.waitpoints or {}
end

-- Gives every node its path. Answers the size of the tree, or nil and what is wrong.
local function settle(node, path, size)
  local check = type(node) == "table" and CHECK[node.kind]
  if not check or not check(node) then
    return nil, "no condition at path " .. (path == "" and "<root>" or path)
  end
  node.path = path
  size = size + 1 + #tree.heard(node)
  local prefix = path == "" and "" or path .. "."
  for place, member in ipairs(tree.members(node)) do
    local fault
    size, fault = settle(member, prefix .. "members[" .. (place - 1) .. "]", size)
    if fault then
      return nil, fault
    end
  end
  if size > MAX_SIZE then
    return nil, "a condition has at most " .. MAX_SIZE .. " nodes and waitpoint keys"
  end
  return size
end

-- Refuses what is no tree, with the reason, and gives every node its path.
function tree.fault(root)
  local _, fault = settle(root, "", 0)
  return fault
end

-- A stored tree. One that is none waits for ever, as it did when it was stored.
function tree.read(json)
  local ok, root = pcall(cjson.decode, json)
  if not ok or tree.fault(root) then
    return { kind = "NeverBySignal", path = "" }
  end
  return root
end

-- All nodes that listen to the waitpoint with this key.
function tree.listeners(node, waitpoint_key, found)
  found = found or {}
  for _, heard in ipairs(tree.heard(node)) do
    if heard == waitpoint_key then
      found[#found + 1] = node
      break
    end
  end
  for _, member in ipairs(tree.members(node)) do
    tree.listeners(member, waitpoint_key, found)
  end
  return found
end

function tree.accepts(node, signal_name)
  local wanted = node.matcher
  local name = type(wanted) == "table" and wanted.kind == "ByName" and wanted.name or matcher.ANY
  return matcher.accepts(name, signal_name)
end

-- Where the tokens of a count begin. Each count has its own, so that no other count is met by them; a count that is the
-- whole condition has no need of it.
function tree.scope(node)
  return node.path == "" and "" or "count:" .. node.path .. ":"
end

-- What the set of satisfiers remembers when this node takes a signal.
function tree.token(node, signal)
  if node.kind == "Single" then
    return "leaf:" .. node.path
  end
  return tree.scope(node) .. DISTINCT[node.count_kind](signal)
end

return tree
