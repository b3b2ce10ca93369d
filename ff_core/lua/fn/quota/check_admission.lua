-- Admits an execution if rate and concurrency allow it. The limits are the caller's, and so is the clock. The reply is
-- a word of its own, outside the envelope.

local number = require("number")

-- Spreads those who are refused at the same moment; by their ids, as the sandbox's own random numbers repeat.
local function spread(arg)
  if arg.jitter_ms < 1 then
    return 0
  end
  local digits = string.sub(redis.sha1hex(arg.execution_id .. number.text(arg.now_ms)), 1, 8)
  return tonumber(digits, 16) % (math.floor(arg.jitter_ms) + 1)
end

-- ms until the oldest entry leaves the window, nil while there is room.
local function wait_for_rate(key, arg, window)
  redis.call("ZREMRANGEBYSCORE", key.quota_window, "-inf", number.text(arg.now_ms - window))
  if arg.rate_limit <= 0 or redis.call("ZCARD", key.quota_window) < arg.rate_limit then
    return nil
  end
  local oldest = redis.call("ZRANGE", key.quota_window, 0, 0, "WITHSCORES")[2]
  return math.max(number.count(oldest) + window - arg.now_ms, 0) + spread(arg)
end

return function(key, arg)
  if redis.call("EXISTS", key.quota_admitted) == 1 then
    return { "ALREADY_ADMITTED" }
  end
  local window = arg.window_seconds * 1000
  local wait = wait_for_rate(key, arg, window)
  if wait then
    return { "RATE_EXCEEDED", number.text(wait) }
  end
  if arg.concurrency_cap > 0 then
    local running = number.count(redis.call("GET", key.quota_concurrency))
    if running >= arg.concurrency_cap then
      return { "CONCURRENCY_EXCEEDED" }
    end
    redis.call("SET", key.quota_concurrency, number.text(running + 1))
  end
  redis.call("ZADD", key.quota_window, number.text(arg.now_ms), arg.execution_id)
  if window > 0 then
    redis.call("SET", key.quota_admitted, "1", "PX", number.whole(math.ceil(window)))
  end
  redis.call("SADD", key.quota_admitted_set, arg.execution_id)
  return { "ADMITTED" }
end
