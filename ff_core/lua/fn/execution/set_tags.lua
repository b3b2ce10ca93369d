-- Writes tags of an execution, in whatever state it is.

local clock = require("clock")
local hash = require("hash")
local reply = require("reply")
local tag = require("tag")

return function(key, arg)
  local refusal = tag.check_pairs(arg)
  if refusal then
    return refusal
  end
  if redis.call("EXISTS", key.exec_core) == 0 then
    return reply.refuse("execution_not_found")
  end
  local tags
  tags, refusal = tag.fields(arg)
  if refusal then
    return refusal
  end
  hash.write(key.exec_tags, tags)
  hash.write(key.exec_core, { "last_mutation_at", clock.now() })
  return reply.ok(#arg.rest)
end
