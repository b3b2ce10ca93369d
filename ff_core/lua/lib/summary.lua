-- The summary document of an attempt, built up by JSON merge patches (contract 06 §2).

local hash = require("hash")
local number = require("number")
local reply = require("reply")

local summary = {}

local PATCH_KIND = "json-merge-patch"

-- Levels of objects below the root.
local MOST_LEVELS = 16

-- A patch cannot set a null, which removes; this text stands for one.
local NULL = "__ff_null__"

-- A decoded object; an empty table may be an empty array as well.
local function is_object(value)
  return type(value) == "table" and value[1] == nil
end

-- Merges a patch into an object. Answers false when the patch is too deep. An empty object replaces, as an array does.
local function merge(target, patch, level)
  for name, value in pairs(patch) do
    if value == cjson.null then
      target[name] = nil
    elseif is_object(value) and next(value) ~= nil then
      target[name] = is_object(target[name]) and target[name] or {}
      if level == MOST_LEVELS or not merge(target[name], value, level + 1) then
        return false
      end
    else
      target[name] = value
    end
  end
  return true
end

local function put_nulls(value)
  for name, entry in pairs(value) do
    if entry == NULL then
      value[name] = cjson.null
    elseif type(entry) == "table" then
      put_nulls(entry)
    end
  end
end

local function refuse(message)
  return nil, reply.refuse("invalid_input", message)
end

-- The decoded patch, or nil and a refusal.
local function read_patch(key, arg)
  if key.attempt_summary == "" then
    return refuse("summary mode requires stream_summary key")
  elseif arg.patch_kind ~= "" and arg.patch_kind ~= PATCH_KIND then
    return refuse("unsupported patch_kind")
  end
  local ok, patch = pcall(cjson.decode, arg.payload)
  if not ok then
    return refuse("patch payload is not valid JSON")
  elseif not is_object(patch) then
    return refuse("patch must be a JSON object")
  end
  return patch
end

-- The document after the patch, or nil and a refusal.
local function merged(stored, patch)
  local ok, document = pcall(cjson.decode, stored == "" and "{}" or stored)
  if not ok or type(document) ~= "table" then
    return nil, reply.refuse("corruption", "stored summary document not decodeable")
  elseif not merge(document, patch, 0) then
    return refuse("patch_depth_exceeded")
  end
  put_nulls(document)
  local json
  ok, json = pcall(cjson.encode, document)
  if not ok then -- a number that JSON has no form for, as 1e999
    return refuse("patch payload is not valid JSON")
  end
  return json
end

-- Applies the payload to the stored document. Answers the new version, or nil and a refusal.
function summary.apply(key, arg, now)
  local patch, refusal = read_patch(key, arg)
  if refusal then
    return nil, refusal
  end
  local stored = hash.read(key.attempt_summary, { "document", "version" }) or { document = "" }
  local json
  json, refusal = merged(stored.document, patch)
  if refusal then
    return nil, refusal
  end
  local version = number.count(stored.version) + 1
  hash.write(key.attempt_summary, {
    "document", json,
    "version", version,
    "patch_kind", PATCH_KIND,
    "last_updated_ms", now,
  }, version == 1 and { "first_applied_ms", now } or {})
  return version
end

return summary
