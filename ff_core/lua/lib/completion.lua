-- Tells that an execution has ended: an entry in the partition's stream of completions, for whoever reads that, and a
-- message for its flow (contract 03a 1.7, 01 13). An execution without a flow sends no message.

local derived = require("derived")
local number = require("number")

local completion = {}

-- Entries that a partition keeps where nobody has set another number. Whole nodes of a stream are dropped, so a look at
-- the number once for each node is enough.
local KEPT = 10000
local NODE = 100

-- What an entry tells besides how and when it ended.
completion.FIELDS = {
  "lane_id", "execution_kind", "namespace", "flow_id", "current_attempt_index", "created_at", "started_at",
}

-- Writes the entry of an execution that ends now. Entries are numbered without a gap: a reader sees what it missed.
function completion.record(core_key, core, outcome, now)
  local stream = derived.completions(core_key)
  local place = redis.call("HINCRBY", derived.completions_meta(stream), "added", 1)
  redis.call("XADD", stream, "*",
    "place", place,
    "execution_id", derived.execution_id(core_key),
    "outcome", outcome,
    "lane_id", core.lane_id,
    "execution_kind", core.execution_kind,
    "namespace", core.namespace,
    "flow_id", core.flow_id,
    "attempt_index", core.current_attempt_index,
    "created_at", core.created_at,
    "started_at", core.started_at,
    "completed_at", number.text(now))
  if place % NODE == 0 then
    local kept = number.parse(redis.call("HGET", derived.completions_meta(stream), "kept")) or KEPT
    redis.call("XTRIM", stream, "MAXLEN", "~", number.text(number.whole(kept)))
  end
end

function completion.publish(execution_id, flow_id, outcome)
  if flow_id == "" then
    return
  end
  local message = cjson.encode({ execution_id = execution_id, flow_id = flow_id, outcome = outcome })
  redis.call("PUBLISH", derived.completions_channel, message)
end

return completion
