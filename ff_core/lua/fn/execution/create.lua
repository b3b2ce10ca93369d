-- Creates an execution.

local clock = require("clock")
local creation = require("creation")

return function(key, arg)
  return creation.create(key, arg, clock.now())
end
