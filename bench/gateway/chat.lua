-- The load: chat completions of many users, on connections that are kept. The requests are made once, beforehand, so that
-- the generator costs little.

local USERS = 4096

local file = assert(io.open(os.getenv("CHAT_BODY")))
local body = file:read("*a")
file:close()

local requests = {}
local next_request = 0

function init(args)
  for user = 1, USERS do
    requests[user] = wrk.format("POST", "/apps/support-chat/v1/chat/completions", {
      ["content-type"] = "application/json",
      ["accept"] = "application/json",
      ["authorization"] = "Bearer sk-bench",
      ["user-agent"] = "bench",
      ["x-viridian-user"] = string.format("user-%04d", user),
    }, body)
  end
end

function request()
  next_request = next_request % USERS + 1
  return requests[next_request]
end
