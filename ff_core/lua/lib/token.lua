-- Waitpoint tokens (contract 04 §5): `<kid>:<digest>`, the credential of whoever may signal a waitpoint. The digest
-- covers waitpoint id, waitpoint key and the waitpoint's creation time.

local hmac = require("hmac")
local keystore = require("keystore")
local number = require("number")
local reply = require("reply")

local token = {}

local DIGITS = 40

local function message(point, created_at)
  local moment = string.format("%.0f", math.floor(number.count(created_at)))
  return point.waitpoint_id .. "|" .. point.waitpoint_key .. "|" .. moment
end

local function usable(secret)
  if not hmac.is_hex(secret) then
    return nil, reply.refuse("invalid_secret")
  end
  return hmac.key(secret)
end

local function is_missing(keystore_key)
  return keystore_key == nil or keystore_key == ""
end

-- What signs new tokens in this call, or nil and a refusal.
function token.signer(keystore_key)
  if is_missing(keystore_key) then
    return nil, reply.refuse("invalid_keys_missing_hmac")
  end
  local stored = keystore.read(keystore_key)
  local kid = stored.current_kid or ""
  local secret = stored[keystore.secret_field(kid)] or ""
  if kid == "" or secret == "" then
    return nil, reply.refuse("hmac_secret_not_initialized")
  end
  local signing_key, refusal = usable(secret)
  return signing_key and { kid = kid, key = signing_key }, refusal
end

-- The token of a waitpoint; of `point` the id and the key count.
function token.mint(signer, point, created_at)
  return signer.kid .. ":" .. hmac.digest(signer.key, message(point, created_at))
end

-- The stored secret of a kid that may verify now, or nil and a refusal.
local function verifying_secret(keystore_key, kid, now)
  local fields = { "current_kid", keystore.secret_field(kid), keystore.expiry_field(kid) }
  local found = redis.call("HMGET", keystore_key, unpack(fields))
  local current, secret = found[1] or "", found[2] or ""
  if current == "" then
    return nil, reply.refuse("hmac_secret_not_initialized")
  elseif secret == "" then
    return nil, reply.refuse("invalid_token")
  elseif kid ~= current and keystore.has_expired(found[3] or "", now) then
    return nil, reply.refuse("token_expired")
  end
  return secret
end

-- Refuses a presented token that does not prove the right to signal this waitpoint.
function token.check(keystore_key, presented, point, created_at, now)
  if is_missing(keystore_key) then
    return reply.refuse("invalid_keys_missing_hmac")
  elseif presented == "" then
    return reply.refuse("missing_token")
  end
  local kid, digest = string.match(presented, "^([^:]+):(.*)$")
  if kid == nil or #digest ~= DIGITS then
    return reply.refuse("invalid_token")
  end
  local secret, refusal = verifying_secret(keystore_key, kid, now)
  if refusal then
    return refusal
  end
  local verifying_key
  verifying_key, refusal = usable(secret)
  if refusal then
    return refusal
  end
  local wanted = hmac.digest(verifying_key, message(point, created_at))
  return not hmac.equal(wanted, digest) and reply.refuse("invalid_token") or nil
end

return token
