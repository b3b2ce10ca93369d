-- A counted list among the arguments, as usage reports have it: how many rows there are, the rows, then more arguments.

local argument = require("argument")
local number = require("number")
local reply = require("reply")

local rows = {}

-- No report has more, and what Lua hands to one command has an end.
local MOST = 64

-- How far behind the count a value stands.
local OFFSET = {
  rows = function(row, column, _, width)
    return (row - 1) * width + column
  end,
  columns = function(row, column, total)
    return (column - 1) * total + row
  end,
}

local function total_of(form, args, first)
  local total, refusal = argument.read({ form.count, "whole" }, args[first])
  if refusal then
    return nil, refusal
  elseif total > MOST then
    return nil, reply.refuse("invalid_input", "too_many_dimensions: limit=" .. MOST .. ", got=" .. number.text(total))
  elseif total < 0 or total * #form.columns > #args - first then
    local message = form.count .. " must be the number of rows, got: " .. args[first]
    return nil, reply.refuse("invalid_input", message)
  end
  return total
end

-- Puts `arg.rows` (tables by name) and the arguments behind them into `arg`; `first` is the place of the count.
-- Answers a refusal where they are not as `form` says: count (its name), layout, columns and after (argument forms).
function rows.bind(form, args, first, arg)
  local total, refusal = total_of(form, args, first)
  if refusal then
    return refusal
  end
  arg.rows = {}
  for row = 1, total do
    arg.rows[row] = {}
    for column, shape in ipairs(form.columns) do
      local text = args[first + OFFSET[form.layout](row, column, total, #form.columns)]
      arg.rows[row][shape[1]], refusal = argument.read(shape, text)
      if refusal then
        return refusal
      end
    end
  end
  for place, shape in ipairs(form.after) do
    arg[shape[1]], refusal = argument.read(shape, args[first + total * #form.columns + place])
    if refusal then
      return refusal
    end
  end
  return nil
end

return rows
