-- A grant reserves one execution for one worker until it lapses or is used (contract 03a §2, 03b §3).

local clock = require("clock")
local hash = require("hash")
local number = require("number")
local reply = require("reply")

local grant = {}

function grant.exists(key)
  return redis.call("EXISTS", key.claim_grant) == 1
end

-- Writes the grant; answers when it lapses (ms).
function grant.issue(key, arg, now)
  local expires_at = now + math.floor(arg.grant_ttl_ms)
  hash.write(key.claim_grant, {
    "worker_id", arg.worker_id,
    "worker_instance_id", arg.worker_instance_id,
    "lane_id", arg.lane_id,
    "capability_hash", arg.capability_hash,
    "route_snapshot_json", arg.route_snapshot_json,
    "admission_summary", arg.admission_summary,
    "created_at", now,
    "grant_expires_at", expires_at,
  })
  clock.expire_at(key.claim_grant, expires_at)
  return expires_at
end

-- The one that lies there; nil when there is none.
function grant.read(key)
  return hash.read(key.claim_grant, { "worker_id", "grant_expires_at" })
end

-- The grant if it is this worker's, else nil and a refusal. Instance and lane are not compared.
function grant.of_worker(key, worker_id)
  local found = grant.read(key)
  if found == nil or found.worker_id ~= worker_id then
    return nil, reply.refuse("invalid_claim_grant")
  end
  return found
end

function grant.has_lapsed(found, now)
  return found.grant_expires_at ~= "" and number.count(found.grant_expires_at) < now
end

return grant
