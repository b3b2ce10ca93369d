-- The suspension record of an execution and all that hangs on it: its waitpoints, their conditions and the working sets
-- of a composite condition (contract 04 §1.3, §2.3).

local derived = require("derived")
local hash = require("hash")
local waitpoint = require("waitpoint")

local suspension = {}

local FIELDS = {
  "suspension_id",
  "closed_at",
  "timeout_at",
  "timeout_behavior",
  "waitpoint_id",
  "additional_waitpoints_json",
}

-- What it takes to judge and to close it; nil when the execution was never suspended.
function suspension.read(key)
  return hash.read(key, FIELDS)
end

function suspension.is_open(record)
  return record ~= nil and record.suspension_id ~= "" and record.closed_at == ""
end

-- Keys of its waitpoints, the first one first.
function suspension.waitpoints(key, record)
  local keys = { derived.waitpoint(key, record.waitpoint_id) }
  local ok, extras = pcall(cjson.decode, record.additional_waitpoints_json)
  for _, extra in ipairs(ok and type(extras) == "table" and extras or {}) do
    keys[#keys + 1] = derived.waitpoint(key, extra.waitpoint_id)
  end
  return keys
end

local function working_sets(key)
  return derived.satisfied_set(key), derived.satisfied_signals(key), derived.member_map(key)
end

-- Makes room for the next suspension: nothing of the last one may count for it. Takes further keys that go with it.
function suspension.discard(key, ...)
  local gone = { key, working_sets(key) }
  for _, more in ipairs({ ... }) do
    gone[#gone + 1] = more
  end
  redis.call("DEL", unpack(gone))
end

-- Closes the record and drops the working sets; the waitpoints stay as they are. Takes field lists, as hash.write does.
function suspension.close_record(key, ...)
  hash.write(key, ...)
  redis.call("DEL", working_sets(key))
end

-- Closes the record with every waitpoint and condition, all for one reason.
function suspension.close(key, record, reason, now)
  suspension.close_record(key, waitpoint.ended(reason, now))
  for _, waitpoint_key in ipairs(suspension.waitpoints(key, record)) do
    waitpoint.close(waitpoint_key, waitpoint.ended(reason, now))
    waitpoint.close_condition(waitpoint_key, reason, now)
  end
end

return suspension
