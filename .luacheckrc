-- The library as Valkey's function sandbox sees it: Lua 5.1 and what the server adds.
std = "lua51"
read_globals = { "redis", "server", "cjson", "cmsgpack", "bit", "struct" }
