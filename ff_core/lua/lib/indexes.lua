-- Index entries that come and go with a lease (contract 03b 4, index membership).

local indexes = {}

-- A leased execution: found by its expiry, by its worker and in the active set of its lane.
function indexes.enter_active(key, execution_id, expires_at)
  redis.call("ZADD", key.lease_expiry, expires_at, execution_id)
  redis.call("SADD", key.worker_leases, execution_id)
  redis.call("ZADD", key.lane_active, expires_at, execution_id)
end

-- The opposite; whoever ends the attempt as well removes its timeout too.
function indexes.leave_leased(key, execution_id)
  redis.call("ZREM", key.lease_expiry, execution_id)
  redis.call("SREM", key.worker_leases, execution_id)
  redis.call("ZREM", key.lane_active, execution_id)
end

function indexes.leave_active(key, execution_id)
  indexes.leave_leased(key, execution_id)
  redis.call("ZREM", key.attempt_timeout, execution_id)
end

function indexes.enter_terminal(key, execution_id, now)
  redis.call("ZREM", key.execution_deadline, execution_id)
  redis.call("ZADD", key.lane_terminal, now, execution_id)
end

return indexes
