-- Registers one function of the library: its signature from the contract, its body from fn/.
-- The body is put together by the first call: while a library loads, Valkey withholds most of Lua.

local signature = require("signature")

return function(name, spec, load)
  local body
  redis.register_function(name, function(keys, args)
    local key, arg, refusal = signature.bind(spec, keys, args)
    if refusal then
      return refusal
    end
    body = body or load()
    return body(key, arg)
  end)
end
