-- Lists the key id that signs and those that still verify, with the time until which they do. Never a secret.

local clock = require("clock")
local keystore = require("keystore")
local reply = require("reply")

return function(key)
  local now = clock.now()
  local stored, former = keystore.read(key.hmac_secrets)
  local kids = {}
  for _, kid in ipairs(former) do
    local expires_at = stored[keystore.expiry_field(kid)]
    if not keystore.has_expired(expires_at, now) then
      kids[#kids + 1] = kid
      kids[#kids + 1] = expires_at
    end
  end
  return reply.ok(stored.current_kid or "", #kids / 2, unpack(kids))
end
