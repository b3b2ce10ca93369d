-- Finishes many executions of one partition with success.

local batch = require("batch")
local clock = require("clock")
local derived = require("derived")
local finishing = require("finishing")

return function(key, arg)
  return batch.run(key.lease_expiry, arg, function(call)
    local keys = derived.keys(key.lease_expiry, call.execution_id, call.lane)
    keys.worker_leases = derived.worker_leases(keys.exec_core, call.worker_instance_id)
    keys.attempt = derived.attempt(keys.exec_core, call.attempt_index)
    keys.stream_meta = derived.stream_meta(keys.exec_core, call.attempt_index)
    return finishing.complete(keys, call, clock.now())
  end)
end
