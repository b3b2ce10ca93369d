-- Continues an interrupted attempt under a new lease: after a suspension, a delay or a wait for children.

local clock = require("clock")
local grant = require("grant")
local hash = require("hash")
local reply = require("reply")
local taking = require("taking")

return function(key, arg)
  local core = hash.read(key.exec_core, taking.INTERRUPTED)
  local refusal = taking.refuse_interrupted(core)
  if refusal then
    return refusal
  end
  local held
  held, refusal = grant.of_worker(key, arg.worker_id)
  if refusal then
    return refusal
  end
  local now = clock.now()
  if grant.has_lapsed(held, now) then
    redis.call("DEL", key.claim_grant)
    return reply.refuse("claim_grant_expired")
  end
  return taking.go_on(key, arg, core, now)
end
