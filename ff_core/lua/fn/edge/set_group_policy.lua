-- Chooses how the edges that enter a member combine. A group that has an edge keeps its policy.

local hash = require("hash")
local number = require("number")
local reply = require("reply")

local ON_SATISFIED = { cancel_remaining = true, let_run = true }

local function counting(arg)
  if not ON_SATISFIED[arg.on_satisfied] then
    return "on_satisfied required for any_of/quorum: cancel_remaining | let_run"
  end
  return nil
end

-- What is wrong with the arguments, by variant.
local FAULT = {
  all_of = function()
    return nil
  end,
  any_of = counting,
  quorum = function(arg)
    return arg.k < 1 and "quorum k must be >= 1" or counting(arg)
  end,
}

local function fault_of(arg)
  local check = FAULT[arg.policy_variant]
  if check == nil then
    return "unsupported_policy_variant: " .. arg.policy_variant
  end
  return check(arg)
end

return function(key, arg)
  if redis.call("EXISTS", key.flow_core) == 0 then
    return reply.refuse("flow_not_found")
  end
  local fault = fault_of(arg)
  if fault then
    return reply.refuse("invalid_input", fault)
  end
  local group = hash.read(key.flow_edgegroup, { "policy_variant", "n" }) or {}
  if number.count(group.n) > 0 then
    return reply.refuse("invalid_input", "edge_group_policy_already_fixed: dependencies already staged")
  elseif group.policy_variant == arg.policy_variant then
    return reply.ok("already_set")
  end
  hash.write(key.flow_edgegroup, {
    "policy_variant", arg.policy_variant,
    "on_satisfied", arg.on_satisfied,
    "k", arg.k,
    "n", "0",
    "succeeded", "0",
    "failed", "0",
    "skipped", "0",
    "group_state", "pending",
    "created_at", arg.now_ms,
  })
  return reply.ok("set")
end
