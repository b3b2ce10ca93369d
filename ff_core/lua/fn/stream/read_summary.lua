-- Reads the summary document of an attempt; without one, version 0.

local hash = require("hash")
local reply = require("reply")

local FIELDS = { "document", "version", "patch_kind", "last_updated_ms", "first_applied_ms" }

local function or_zero(text)
  return (text or "") == "" and "0" or text
end

return function(key)
  local stored = hash.read(key.attempt_summary, FIELDS) or {}
  return reply.ok(
    stored.document or "",
    or_zero(stored.version),
    stored.patch_kind or "",
    or_zero(stored.last_updated_ms),
    or_zero(stored.first_applied_ms)
  )
end
