-- What a batched claim has taken, kept for a while under the id of the call: whoever lost the answer calls again and is
-- told once more, in place of getting further work.

local candidate = require("candidate")
local derived = require("derived")
local hash = require("hash")
local reply = require("reply")

local receipt = {}

-- Longer than a client takes to repeat a call.
local LIFETIME_MS = 120000

local LEASE = {
  "execution_kind",
  "flow_id",
  "current_lease_id",
  "current_lease_epoch",
  "lease_expires_at",
  "current_attempt_id",
  "current_attempt_index",
}

-- `taken` lists an execution id, a lease id and an attempt type for each execution.
function receipt.keep(key, taken)
  if #taken > 0 then
    redis.call("SET", key, cjson.encode(taken), "PX", LIFETIME_MS)
  end
end

-- The candidates that an earlier call with this id has taken and that it still holds; nil where there was no such call.
function receipt.read(key, lane)
  local text = redis.call("GET", key)
  if not text then
    return nil
  end
  local held = {}
  for _, entry in ipairs(cjson.decode(text)) do
    local execution_id, lease_id, attempt_type = unpack(entry)
    local found = { execution_id = execution_id, keys = derived.keys(key, execution_id, lane) }
    local core = hash.read(found.keys.exec_core, LEASE)
    if core and core.current_lease_id == lease_id then
      found.core = core
      local answer = reply.ok(lease_id, core.current_lease_epoch, core.lease_expires_at, core.current_attempt_id,
        core.current_attempt_index, attempt_type)
      held[#held + 1] = candidate.taken(found, answer)
    end
  end
  return held
end

return receipt
