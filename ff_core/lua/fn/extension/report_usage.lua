-- Counts what an attempt has used, whoever holds its lease now, and notes the report in the partition's stream of
-- reports. A dimension that is listed twice counts with the sum of its amounts.

local clock = require("clock")
local derived = require("derived")
local hash = require("hash")
local number = require("number")
local reply = require("reply")

-- The counter of reports, which lies among the counters of dimensions.
local REPORTS = "last_usage_report_seq"

-- One more and a sum could be off by one.
local LARGEST = 2 ^ 53 - 1

local DEDUP_MS = 86400000
local KEPT = 10000

local CORE = { "execution_id", "lane_id", "execution_kind", "namespace", "flow_id" }

-- Amounts by dimension and the dimensions in their order, or nil, nil and a refusal.
local function merged(rows)
  local amounts, names = {}, {}
  for _, row in ipairs(rows) do
    local name, amount = row.dimension, row.amount
    if name == "" or name == REPORTS then
      return nil, nil, reply.refuse("invalid_input", "dimension must be a name of its own, got: " .. name)
    elseif amount < 0 then
      return nil, nil, reply.refuse("invalid_input", "amount must not be negative, got: " .. number.text(amount))
    elseif amounts[name] == nil then
      names[#names + 1] = name
    end
    amounts[name] = (amounts[name] or 0) + amount
  end
  return amounts, names
end

-- Counters as they will be, or nil and a refusal.
local function totals(key, names, amounts)
  local counters = hash.read(key.attempt_usage, { REPORTS, unpack(names) })
  if counters == nil then
    return nil, reply.refuse("attempt_not_found")
  end
  local list = { REPORTS, number.count(counters[REPORTS]) + 1 }
  for _, name in ipairs(names) do
    local total = number.count(counters[name]) + amounts[name]
    if total > LARGEST then
      return nil, reply.refuse("invalid_input", "amount is too large for dimension " .. name)
    end
    list[#list + 1] = name
    list[#list + 1] = total
  end
  return list
end

local function note(key, arg, core, names, amounts, now)
  local entry = {
    "execution_id", core.execution_id,
    "attempt_index", arg.attempt_index,
    "lane_id", core.lane_id,
    "execution_kind", core.execution_kind,
    "namespace", core.namespace,
    "flow_id", core.flow_id,
    "at", number.text(now),
  }
  for _, name in ipairs(names) do
    entry[#entry + 1] = "used:" .. name
    entry[#entry + 1] = number.text(amounts[name])
  end
  redis.call("XADD", key.usage_reports, "MAXLEN", "~", KEPT, "*", unpack(entry))
end

local function is_repeat(key)
  return not derived.is_noop(key.dedup) and not redis.call("SET", key.dedup, "1", "NX", "PX", DEDUP_MS)
end

return function(key, arg)
  if arg.fault then
    return arg.fault
  end
  local core = hash.read(key.exec_core, CORE)
  if core == nil then
    return reply.refuse("execution_not_found")
  end
  local amounts, names, refusal = merged(arg.rows)
  if refusal then
    return refusal
  end
  local counters
  counters, refusal = totals(key, names, amounts)
  if refusal then
    return refusal
  elseif is_repeat(key) then
    return reply.success("ALREADY_APPLIED")
  end
  hash.write(key.attempt_usage, counters)
  note(key, arg, core, names, amounts, clock.now())
  return reply.ok(counters[2])
end
