-- Creates many executions of one partition. Each waits where its delay belongs by the server's clock.

local batch = require("batch")
local clock = require("clock")
local creation = require("creation")
local derived = require("derived")

return function(key, arg)
  return batch.run(key.all_executions, arg, function(call)
    local now = clock.now()
    local keys = derived.keys(key.all_executions, call.execution_id, call.lane_id)
    keys.scheduling = creation.is_delayed(call, now) and keys.lane_delayed or keys.lane_eligible
    keys.idempotency = derived.idempotency(keys.exec_core, call.namespace, call.idempotency_key)
    return creation.create(keys, call, now)
  end)
end
