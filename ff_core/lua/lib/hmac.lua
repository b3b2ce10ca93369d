-- HMAC-SHA1 (RFC 2104). The sandbox hashes only text to hex, so the pads are made here, from tables made at load.

local hmac = {}

local BLOCK = 64
local INNER, OUTER, BYTES = {}, {}, {}
for code = 0, 255 do
  local byte = string.char(code)
  INNER[byte] = string.char(bit.bxor(code, 0x36))
  OUTER[byte] = string.char(bit.bxor(code, 0x5c))
  BYTES[string.format("%02x", code)] = byte
end

local function decoded(hex)
  return (string.gsub(string.lower(hex), "..", BYTES))
end

function hmac.is_hex(text)
  return text ~= "" and #text % 2 == 0 and not string.find(text, "%X")
end

-- A key ready for many digests, from its hex text.
function hmac.key(secret_hex)
  local secret = decoded(secret_hex)
  if #secret > BLOCK then
    secret = decoded(redis.sha1hex(secret))
  end
  secret = secret .. string.rep("\0", BLOCK - #secret)
  return { inner = string.gsub(secret, ".", INNER), outer = string.gsub(secret, ".", OUTER) }
end

-- 40 lower-case hex digits.
function hmac.digest(key, message)
  return redis.sha1hex(key.outer .. decoded(redis.sha1hex(key.inner .. message)))
end

-- Compares two digests of one length in a time that does not depend on where they differ.
function hmac.equal(one, other)
  local difference = 0
  for place = 1, #one do
    difference = bit.bor(difference, bit.bxor(string.byte(one, place), string.byte(other, place)))
  end
  return difference == 0
end

return hmac
