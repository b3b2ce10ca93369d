-- Composite resume conditions (contract 04 §4.2): one tree over the waitpoints of a suspension. Which nodes took a
-- signal is remembered as tokens in a set beside the suspension record; whether the tree is met is worked out anew each
-- time.

local derived = require("derived")
local tree = require("tree")
local verdict = require("verdict")

local composite = {}

local MAX_SATISFIERS = 128

-- The condition that a decoded document describes, or nil and what is wrong with it.
function composite.parse(document)
  if document.v ~= 1 then
    return nil, "a composite condition has v = 1"
  end
  local fault = tree.fault(document.tree)
  if fault then
    return nil, fault
  end
  local ok, json = pcall(cjson.encode, document.tree)
  if not ok then
    return nil, "the tree holds a number that JSON has no form for"
  end
  return { root = document.tree, json = json }
end

-- Signals that came before the suspension do not count.
function composite.replay()
  return false
end

-- The evaluation state as it is stored at first, a copy for each waitpoint.
function composite.fields(condition, now)
  return {
    "condition_type", "composite",
    "composite", "1",
    "match_mode", "composite",
    "minimum_signal_count", "1",
    "total_matchers", "0",
    "satisfied_count", "0",
    "closed", "0",
    "updated_at", now,
    "tree_json", condition.json,
  }
end

-- Fields of the member map: which nodes listen to which of the waitpoint keys.
function composite.member_fields(condition, waitpoint_keys)
  local list = {}
  for _, waitpoint_key in ipairs(waitpoint_keys) do
    for _, node in ipairs(tree.listeners(condition.root, waitpoint_key)) do
      list[#list + 1] = "wp:" .. waitpoint_key .. ":" .. node.path
      list[#list + 1] = node.path
    end
  end
  return list
end

local is_met

local MET = {
  Single = function(node, have)
    return have[tree.token(node)] == true
  end,
  Count = function(node, have)
    local scope, count = tree.scope(node), 0
    for token in pairs(have) do
      if string.sub(token, 1, #scope) == scope then
        count = count + 1
      end
    end
    return count >= node.n
  end,
  AllOf = function(node, have, marks)
    local met = true
    for _, member in ipairs(node.members) do
      met = is_met(member, have, marks) and met
    end
    return met
  end,
  NeverBySignal = function()
    return false
  end,
}

-- Do the tokens meet this node? Puts a mark for every AllOf and Count that is met into `marks`.
function is_met(node, have, marks)
  local met = MET[node.kind](node, have, marks)
  if met and node.kind ~= "Single" then
    marks[#marks + 1] = "node:" .. node.path
  end
  return met
end

local function missing(tokens, have)
  local list = {}
  for _, token in ipairs(tokens) do
    if not have[token] then
      list[#list + 1] = token
    end
  end
  return list
end

-- Who closed the suspension, and all that helped.
local function closing(key, signal_id)
  local signals = redis.call("SMEMBERS", derived.satisfied_signals(key.suspension_current))
  signals[#signals + 1] = signal_id
  local json = cjson.encode({ unpack(signals, 1, math.min(#signals, MAX_SATISFIERS)) })
  return { "closer_signal_id", signal_id, "all_satisfier_signals", json }
end

-- The verdict on a delivered signal; `head` holds the stored tree.
function composite.judge(key, arg, head, waitpoint_key)
  local root = tree.read(head.tree_json)
  local listeners = tree.listeners(root, waitpoint_key)
  if #listeners == 0 then
    return verdict.ignored("signal_ignored_not_in_condition")
  end
  local tokens, have, marks = {}, {}, {}
  for _, node in ipairs(listeners) do
    if tree.accepts(node, arg.signal_name) then
      tokens[#tokens + 1] = tree.token(node, arg)
    end
  end
  if #tokens == 0 then
    return verdict.ignored("signal_ignored_matcher_failed")
  end
  for _, token in ipairs(redis.call("SMEMBERS", derived.satisfied_set(key.suspension_current))) do
    have[token] = true
  end
  local new = missing(tokens, have)
  if #new == 0 then
    return verdict.kept("appended_to_waitpoint_duplicate", {}, {})
  end
  for _, token in ipairs(new) do
    have[token] = true
  end
  if is_met(root, have, marks) then
    return verdict.met({}, closing(key, arg.signal_id))
  end
  for _, mark in ipairs(missing(marks, have)) do
    new[#new + 1] = mark
  end
  return verdict.kept("appended_to_waitpoint", {}, new)
end

return composite
