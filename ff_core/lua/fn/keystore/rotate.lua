-- Installs a new signing key on one partition. The former one verifies until its grace is over; keys whose grace is
-- over are removed. Repeating a rotation changes nothing.

local clock = require("clock")
local hash = require("hash")
local hmac = require("hmac")
local keystore = require("keystore")
local number = require("number")
local reply = require("reply")

local LONGEST_GRACE = 2 ^ 53 - 1

local function refusal_for(arg, grace)
  if arg.new_kid == "" or string.find(arg.new_kid, ":", 1, true) then
    return reply.refuse("invalid_kid")
  elseif not hmac.is_hex(arg.new_secret_hex) then
    return reply.refuse("invalid_secret_hex")
  elseif grace == nil or grace < 0 or grace > LONGEST_GRACE or grace % 1 ~= 0 then
    return reply.refuse("invalid_grace_ms")
  end
  return nil
end

-- The kid is the current one already: compare, or repair a torn earlier rotation.
local function repeated(key, arg, secret)
  if secret == nil or secret == "" then
    hash.write(key.hmac_secrets, { keystore.secret_field(arg.new_kid), arg.new_secret_hex })
  elseif secret ~= arg.new_secret_hex then
    return reply.refuse("rotation_conflict", arg.new_kid)
  end
  return reply.ok("noop", arg.new_kid)
end

-- Removes former keys whose grace is over; answers how many. The new kid loses an expiry that it may have from an
-- earlier time as the current one, or a later rotation would remove the key that signs.
local function reap(key, arg, stored, former, now)
  local doomed, count = { keystore.expiry_field(arg.new_kid) }, 0
  for _, kid in ipairs(former) do
    if keystore.has_expired(stored[keystore.expiry_field(kid)], now) then
      doomed[#doomed + 1] = keystore.expiry_field(kid)
      doomed[#doomed + 1] = keystore.secret_field(kid)
      count = count + 1
    end
  end
  redis.call("HDEL", key.hmac_secrets, unpack(doomed))
  return count
end

return function(key, arg)
  local grace = number.parse(arg.grace_ms)
  local refusal = refusal_for(arg, grace)
  if refusal then
    return refusal
  end
  local stored, former = keystore.read(key.hmac_secrets)
  local last = stored.current_kid or ""
  if last == arg.new_kid then
    return repeated(key, arg, stored[keystore.secret_field(last)])
  end
  local now = clock.now()
  local reaped = reap(key, arg, stored, former, now)
  local retired = {}
  if last ~= "" then
    local until_ = now + grace
    retired = { "previous_kid", last, "previous_expires_at", until_, keystore.expiry_field(last), until_ }
  end
  hash.write(key.hmac_secrets, retired, {
    "current_kid", arg.new_kid,
    keystore.secret_field(arg.new_kid), arg.new_secret_hex,
  })
  return reply.ok("rotated", last, arg.new_kid, reaped)
end
