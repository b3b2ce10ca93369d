-- Counting usage against the limits of a budget (contract 07 §2). A report counts as a whole or not at all.

local hash = require("hash")
local number = require("number")
local reply = require("reply")

local budget = {}

local DEDUP_MS = "86400000"

-- One entry a dimension, in the order of first mention: one that is listed twice is judged by its sum.
local function merged(rows)
  local entries, by_name = {}, {}
  for _, row in ipairs(rows) do
    local entry = by_name[row.dimension]
    if entry == nil then
      entry = { dimension = row.dimension, delta = 0 }
      by_name[row.dimension] = entry
      entries[#entries + 1] = entry
    end
    entry.delta = entry.delta + row.delta
  end
  return entries
end

-- Puts usage before and after, and both limits (texts), into the entries.
local function look_up(key, entries)
  local names, limits = {}, {}
  for place, entry in ipairs(entries) do
    names[place] = entry.dimension
    limits[2 * place - 1], limits[2 * place] = "hard:" .. entry.dimension, "soft:" .. entry.dimension
  end
  local usage = hash.read(key.budget_usage, names) or {}
  local limit = hash.read(key.budget_limits, limits) or {}
  for place, entry in ipairs(entries) do
    entry.before = number.count(usage[entry.dimension])
    entry.after = entry.before + entry.delta
    entry.hard, entry.soft = limit[limits[2 * place - 1]], limit[limits[2 * place]]
  end
end

-- The first entry above its limit; a limit that is missing or not above 0 is none.
local function first_above(entries, side)
  for _, entry in ipairs(entries) do
    local limit = number.count(entry[side])
    if limit > 0 and entry.after > limit then
      return entry
    end
  end
  return nil
end

local function counted_on(key, counter)
  return { counter, number.count(redis.call("HGET", key.budget, counter)) + 1 }
end

local function refuse(key, breach, now)
  hash.write(key.budget, counted_on(key, "breach_count"), {
    "last_breach_at", now,
    "last_breach_dim", breach.dimension,
    "last_updated_at", now,
  })
  return reply.success("HARD_BREACH", breach.dimension, breach.before, breach.hard)
end

-- Adds every entry's delta to a hash of amounts, of which `before` are the present ones.
function budget.add(amounts_key, entries, before)
  local fields = {}
  for _, entry in ipairs(entries) do
    fields[#fields + 1] = entry.dimension
    fields[#fields + 1] = number.count(before[entry.dimension]) + entry.delta
  end
  hash.write(amounts_key, fields)
end

-- Counts a report. Answers the reply, and the entries where they were counted.
function budget.report(key, arg)
  if arg.fault then
    return arg.fault
  elseif arg.dedup_key ~= "" and redis.call("EXISTS", arg.dedup_key) == 1 then
    return reply.success("ALREADY_APPLIED")
  end
  local entries, usage = merged(arg.rows), {}
  if #entries > 0 then
    look_up(key, entries)
  end
  local breach = first_above(entries, "hard")
  if breach then
    return refuse(key, breach, arg.now_ms)
  end
  for _, entry in ipairs(entries) do
    usage[entry.dimension] = entry.before
  end
  budget.add(key.budget_usage, entries, usage)
  breach = first_above(entries, "soft")
  local counter = breach and counted_on(key, "soft_breach_count") or {}
  hash.write(key.budget, counter, { "last_updated_at", arg.now_ms })
  if arg.dedup_key ~= "" then
    redis.call("SET", arg.dedup_key, "1", "PX", DEDUP_MS)
  end
  if breach then
    return reply.success("SOFT_BREACH", breach.dimension, breach.after, breach.soft), entries
  end
  return reply.ok(), entries
end

return budget
