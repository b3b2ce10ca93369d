-- Plain resume conditions (contract 04 §3.3, §4.1): a list of signal names, of which all or a number have to come.
-- In memory: mode, minimum, satisfied (how many matchers are), matchers: {name, taken, signal_id}.

local matcher = require("matcher")
local number = require("number")
local verdict = require("verdict")

local plain = {}

local MAX_NAMES = 1000

local function field(place, name)
  return "matcher:" .. (place - 1) .. ":" .. name
end

-- What a document says, or the default where it says nothing.
local function said(value, default)
  return (value == nil or value == cjson.null) and default or value
end

local function matchers_of(names)
  if type(names) ~= "table" or #names > MAX_NAMES then
    return nil, "required_signal_names must be a list of at most " .. MAX_NAMES .. " names"
  end
  local matchers = {}
  for place, name in ipairs(names) do
    if type(name) ~= "string" then
      return nil, "required_signal_names must hold texts"
    end
    matchers[place] = { name = name, taken = false, signal_id = "" }
  end
  if #matchers == 0 then
    matchers[1] = { name = matcher.ANY, taken = false, signal_id = "" }
  end
  return matchers
end

-- The condition that a decoded document describes, or nil and what is wrong with it.
function plain.parse(document)
  local matchers, fault = matchers_of(said(document.required_signal_names, {}))
  if fault then
    return nil, fault
  end
  local minimum = number.parse(said(document.minimum_signal_count, 1))
  if minimum == nil then
    return nil, "minimum_signal_count must be a number"
  end
  return {
    kind = tostring(said(document.condition_type, "signal_set")),
    mode = tostring(said(document.signal_match_mode, "any")),
    minimum = minimum,
    satisfied = 0,
    matchers = matchers,
  }
end

-- Counts a signal; answers the place of the matcher that took it, nil when none did.
local function take(condition, name, signal_id)
  for place, entry in ipairs(condition.matchers) do
    if not entry.taken and matcher.accepts(entry.name, name) then
      entry.taken, entry.signal_id = true, signal_id
      condition.satisfied = condition.satisfied + 1
      return place
    end
  end
  return nil
end

-- Only a signal can meet a condition, even one that asks for none.
local function is_met(condition)
  local wanted = condition.mode == "all" and #condition.matchers or condition.minimum
  return condition.satisfied > 0 and condition.satisfied >= wanted
end

-- Counts the signals that came before the waitpoint was activated, in order; answers whether they meet the condition.
function plain.replay(condition, signals_key)
  for _, entry in ipairs(redis.call("XRANGE", signals_key, "-", "+")) do
    local signal = {}
    for place = 1, #entry[2], 2 do
      signal[entry[2][place]] = entry[2][place + 1]
    end
    take(condition, signal.signal_name, signal.signal_id)
  end
  return is_met(condition)
end

-- One waitpoint is like another: no map of who listens to which.
function plain.member_fields()
  return {}
end

-- The evaluation state as it is stored at first.
function plain.fields(condition, now)
  local list = {
    "condition_type", condition.kind,
    "match_mode", condition.mode,
    "minimum_signal_count", condition.minimum,
    "total_matchers", #condition.matchers,
    "satisfied_count", condition.satisfied,
    "closed", "0",
    "updated_at", now,
  }
  for place, entry in ipairs(condition.matchers) do
    local last = #list
    list[last + 1], list[last + 2] = field(place, "name"), entry.name
    list[last + 3], list[last + 4] = field(place, "satisfied"), entry.taken and "1" or "0"
    list[last + 5], list[last + 6] = field(place, "signal_id"), entry.signal_id
  end
  return list
end

-- The matchers of a stored condition. One without a name is not there, which is not the same as any name.
local function stored_matchers(condition_key, total)
  local names, matchers = {}, {}
  for place = 1, math.max(total, 1) do
    names[2 * place - 1], names[2 * place] = field(place, "name"), field(place, "satisfied")
  end
  local values = redis.call("HMGET", condition_key, unpack(names))
  for place = 1, #values, 2 do
    matchers[#matchers + 1] = { name = values[place], taken = not values[place] or values[place + 1] == "1" }
  end
  return matchers
end

-- The verdict on a delivered signal; `head` holds the stored fields besides the matchers.
function plain.judge(key, arg, head, _, now)
  local condition = {
    mode = head.match_mode,
    minimum = number.count(head.minimum_signal_count),
    satisfied = number.count(head.satisfied_count),
    matchers = stored_matchers(key.waitpoint_condition, number.count(head.total_matchers)),
  }
  local place = take(condition, arg.signal_name, arg.signal_id)
  if place == nil then
    return verdict.ignored("no_op")
  end
  local state = {
    field(place, "satisfied"), "1",
    field(place, "signal_id"), arg.signal_id,
    "satisfied_count", condition.satisfied,
  }
  if is_met(condition) then
    return verdict.met(state, { "last_signal_at", now })
  end
  return verdict.kept("appended_to_waitpoint", state, {})
end

return plain
