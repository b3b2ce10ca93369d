-- Closing the output stream of an attempt. Its meta hash exists only once a frame was written.

local hash = require("hash")

local stream = {}

function stream.close(meta_key, reason, now)
  if redis.call("EXISTS", meta_key) == 1 then
    hash.write(meta_key, { "closed_at", now, "closed_reason", reason })
  end
end

-- Closes it only where nobody closed it before.
function stream.close_if_open(meta_key, reason, now)
  if redis.call("EXISTS", meta_key) == 1 and (redis.call("HGET", meta_key, "closed_at") or "") == "" then
    hash.write(meta_key, { "closed_at", now, "closed_reason", reason })
  end
end

return stream
