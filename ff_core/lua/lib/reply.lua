-- The reply envelope (contract 03a 1.1): element 0 is an integer, all others are texts.

local number = require("number")

local reply = {}

local function envelope(flag, word, ...)
  local message = { flag, word, ... }
  for place = 3, #message do
    message[place] = number.text(message[place])
  end
  return message
end

function reply.ok(...)
  return envelope(1, "OK", ...)
end

function reply.already(...)
  return envelope(1, "ALREADY_SATISFIED", ...)
end

function reply.duplicate(id)
  return envelope(1, "DUPLICATE", id)
end

-- Success in another word than the usual ones, which the contract names for the function.
function reply.success(word, ...)
  return envelope(1, word, ...)
end

-- A refusal is a normal reply: nothing has been written unless the contract says otherwise.
function reply.refuse(code, ...)
  return envelope(0, code, ...)
end

return reply
