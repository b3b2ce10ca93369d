-- Many calls in one. Each has an answer of its own, in order: a reply, a refusal, or an error of the server, which ends
-- that call alone as it would have ended one sent by itself.

local derived = require("derived")
local reply = require("reply")

local batch = {}

-- Nobody else is served meanwhile.
local MOST = 1000

-- Refuses more calls than one may make.
function batch.check(arg)
  if #arg.each > MOST then
    return reply.refuse("invalid_input", "at most " .. MOST .. " calls at a time, got: " .. #arg.each)
  end
  return nil
end

-- The answer of `make(...)`.
function batch.answer(make, ...)
  local _, answer = pcall(make, ...)
  return type(answer) == "string" and { err = answer } or answer
end

local function answer_one(any_key, call, make)
  if call.refusal then
    return call.refusal
  elseif not derived.is_beside(any_key, call.arg.execution_id) then
    return reply.refuse("invalid_input", "execution_id must be on the partition of " .. any_key)
  end
  return batch.answer(make, call.arg)
end

-- Makes the calls of `arg.each`, whose executions lie on the partition of `any_key`.
function batch.run(any_key, arg, make)
  local refusal = batch.check(arg)
  if refusal then
    return refusal
  end
  local answers = reply.ok()
  for _, call in ipairs(arg.each) do
    answers[#answers + 1] = answer_one(any_key, call, make)
  end
  return answers
end

return batch
