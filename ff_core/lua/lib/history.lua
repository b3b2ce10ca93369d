-- The lease history of an execution: a stream of about 1000 entries (contract 03a 1.8).

local number = require("number")

local history = {}

-- `fields` is a list field, value ... in the order in which they are stored; the time comes last.
function history.append(key, event, fields, now, maxlen)
  local entry = { "event", event }
  for _, value in ipairs(fields) do
    entry[#entry + 1] = number.text(value)
  end
  entry[#entry + 1] = "ts"
  entry[#entry + 1] = number.text(now)
  redis.call("XADD", key, "MAXLEN", "~", number.text(maxlen or 1000), "*", unpack(entry))
end

return history
