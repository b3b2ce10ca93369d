-- Binds KEYS and ARGV to names, as the contract describes the function, before its body runs.
-- A bad argument is refused here, before anything is read or written; a body never sees one.

local argument = require("argument")
local reply = require("reply")
local rows = require("rows")

local signature = {}

-- Arguments that are left behind the named ones, in groups of `size`.
local function groups(values, first, size)
  local found = {}
  for start = first, #values, size do
    local group = {}
    for place = 0, size - 1 do
      group[place + 1] = values[start + place]
    end
    found[#found + 1] = group
  end
  return found
end

local function named(names, values)
  local found = {}
  for place, name in ipairs(names) do
    found[name] = values[place]
  end
  return found
end

-- The named arguments that begin at `first`, or nil and a refusal.
local function read_args(forms, args, first)
  local arg = {}
  for place, form in ipairs(forms) do
    local value, refusal = argument.read(form, args[first + place - 1])
    if refusal then
      return nil, refusal
    end
    arg[form[1]] = value
  end
  return arg
end

-- Calls that stand one behind the other: a list of {arg, refusal}. Answers nil where the last one is not whole.
local function calls(forms, args, first)
  local found = {}
  for start = first, #args, #forms do
    if start + #forms - 1 > #args then
      return nil
    end
    local arg, refusal = read_args(forms, args, start)
    found[#found + 1] = { arg = arg, refusal = refusal }
  end
  return found
end

-- spec: keys (names), required (how many of them), args ({name, kind, default}), rest_keys and rest_args (names of one
-- trailing group). Answers key and arg tables, or nil, nil and a refusal. `key.rest` and `arg.rest` are lists of
-- groups, each a table by name; `arg.count` is the number of ARGV behind the named ones. Where spec.table describes a
-- counted list behind the named arguments, `arg.fault` is the refusal of a bad one; the body says when it counts. Where
-- spec.each has the arguments of one of many calls, `arg.each` lists them: each has its arguments or its own refusal.
function signature.bind(spec, keys, args)
  if #keys < spec.required then
    return nil, nil, reply.refuse("invalid_input", "needs " .. spec.required .. " keys, got: " .. #keys)
  end
  local arg, refusal = read_args(spec.args, args, 1)
  if refusal then
    return nil, nil, refusal
  end
  local key = named(spec.keys, keys)
  key.rest, arg.rest = {}, {}
  arg.count = math.max(#args - #spec.args, 0)
  if #spec.rest_keys > 0 then
    for place, group in ipairs(groups(keys, #spec.keys + 1, #spec.rest_keys)) do
      key.rest[place] = named(spec.rest_keys, group)
    end
  end
  if #spec.rest_args > 0 then
    for place, group in ipairs(groups(args, #spec.args + 1, #spec.rest_args)) do
      arg.rest[place] = named(spec.rest_args, group)
    end
  end
  if spec.table then
    arg.fault = rows.bind(spec.table, args, #spec.args + 1, arg)
  end
  if spec.each then
    arg.each = calls(spec.each, args, #spec.args + 1)
    if arg.each == nil then
      return nil, nil, reply.refuse("invalid_input", "the last call needs " .. #spec.each .. " arguments")
    end
  end
  return key, arg
end

return signature
