-- Takes the best executions of one queue that the worker is able to do: one for each call, which brings a lease id and
-- an attempt id. What the worker is not able to do is reported and left as it is; blocking it is for the caller.
--
-- Looking begins `first` places from the head and goes over at most `depth` executions. None with a score above
-- `worst_score` is taken, because another queue has better work.

local batch = require("batch")
local candidate = require("candidate")
local capability = require("capability")
local fresh_attempt = require("fresh_attempt")
local receipt = require("receipt")
local reply = require("reply")

local PAGE = 8

-- Where in an item the answer of the claim stands, and in that the type of the attempt.
local ANSWER, ATTEMPT_TYPE = 4, 8

local function answer_with(looked_at, items)
  local answer = reply.ok(looked_at)
  for _, item in ipairs(items) do
    answer[#answer + 1] = item
  end
  return answer
end

-- Executions with their scores, from the place that is next to be looked at.
local function page(key, arg, search)
  local first = arg.first + search.left
  return redis.call("ZRANGE", key.lane_eligible, first, first + PAGE - 1, "WITHSCORES")
end

local function take(search, arg, found, policy_fields)
  search.used = search.used + 1
  local call = arg.each[search.used].arg
  local item = batch.answer(candidate.take, found, arg, call, policy_fields)
  if item.err then
    search.left = search.left + 1
    return candidate.passed_over(found, item)
  end
  search.taken[#search.taken + 1] = { found.execution_id, call.lease_id, item[ANSWER][ATTEMPT_TYPE] }
  return item
end

-- Looks at one execution. Answers false when the search is over.
local function look(key, arg, search, execution_id, score, policy_fields)
  local found = candidate.read(key.lane_eligible, execution_id, arg)
  if found and not found.refusal and score > (arg.worst_score or math.huge) then
    return false
  end
  search.looked_at = search.looked_at + 1
  if found == nil then
    search.left = search.left + 1
  elseif found.refusal then
    search.left = search.left + 1
    search.items[#search.items + 1] = candidate.passed_over(found, found.refusal)
  else
    search.items[#search.items + 1] = take(search, arg, found, policy_fields)
  end
  return search.used < #arg.each and search.looked_at < arg.depth
end

local function run(key, arg, policy_fields)
  local search = { looked_at = 0, left = 0, used = 0, taken = {}, items = {} }
  local going = #arg.each > 0
  while going do
    local entries = page(key, arg, search)
    going = #entries > 0
    for place = 1, #entries, 2 do
      going = going and look(key, arg, search, entries[place], tonumber(entries[place + 1]), policy_fields)
    end
  end
  receipt.keep(key.claim_receipt, search.taken)
  return answer_with(search.looked_at, search.items)
end

return function(key, arg)
  local policy_fields, refusal = fresh_attempt.policy_fields(arg.attempt_policy_json)
  refusal = refusal or batch.check(arg)
  if refusal == nil then
    local _
    _, refusal = capability.missing("", arg.worker_capabilities_csv)
  end
  if refusal then
    return refusal
  end
  local held = receipt.read(key.claim_receipt, arg.lane)
  return held and answer_with(0, held) or run(key, arg, policy_fields)
end
