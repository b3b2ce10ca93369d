-- Finishes an execution with success.

local clock = require("clock")
local finishing = require("finishing")

return function(key, arg)
  return finishing.complete(key, arg, clock.now())
end
