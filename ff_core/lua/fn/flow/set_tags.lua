-- Writes tags of a flow, in whatever state it is. Older versions kept them in the flow's own record; the first call
-- moves those over.

local clock = require("clock")
local hash = require("hash")
local reply = require("reply")
local tag = require("tag")

-- The tags in the flow's own record as a field list; nil when there is no record.
local function inline_tags(key)
  if redis.call("HGET", key.flow_core, "tags_migrated") == "1" then
    return {}
  end
  local flat, tags = redis.call("HGETALL", key.flow_core), {}
  for place = 1, #flat, 2 do
    if tag.is_name(flat[place]) then
      tags[#tags + 1] = flat[place]
      tags[#tags + 1] = flat[place + 1]
    end
  end
  return #flat > 0 and tags or nil
end

return function(key, arg)
  local refusal = tag.check_pairs(arg)
  if refusal then
    return refusal
  end
  local inline = inline_tags(key)
  if inline == nil then
    return reply.refuse("flow_not_found")
  end
  local tags
  tags, refusal = tag.fields(arg)
  if refusal then
    return refusal
  end
  hash.write(key.flow_tags, inline, tags)
  for place = 1, #inline, 2 do
    redis.call("HDEL", key.flow_core, inline[place])
  end
  hash.write(key.flow_core, { "tags_migrated", "1", "last_mutation_at", clock.now() })
  return reply.ok(#arg.rest)
end
