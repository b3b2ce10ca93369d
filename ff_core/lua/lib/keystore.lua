-- The signing keys of waitpoint tokens on one partition (contract 04 §1.3, §9): current_kid, and for each kid a
-- secret; a former kid also has the time until which it still verifies.

local number = require("number")

local keystore = {}

function keystore.secret_field(kid)
  return "secret:" .. kid
end

function keystore.expiry_field(kid)
  return "expires_at:" .. kid
end

-- Everything in it, and the former kids in the order of storage.
function keystore.read(key)
  local stored, former = {}, {}
  local flat = redis.call("HGETALL", key)
  for place = 1, #flat, 2 do
    stored[flat[place]] = flat[place + 1]
  end
  for place = 1, #flat, 2 do
    local kid = string.match(flat[place], "^expires_at:(.*)$")
    if kid and kid ~= stored.current_kid then
      former[#former + 1] = kid
    end
  end
  return stored, former
end

-- Does a former kid with this expiry text still verify? Unreadable counts as over.
function keystore.has_expired(expires_at, now)
  local due = number.count(expires_at)
  return due <= 0 or due < now
end

return keystore
