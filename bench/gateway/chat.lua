-- The load: chat completions of many users, on connections that are kept. The requests are made once, beforehand, so that
-- the generator costs little. The last line that is printed is the result, as JSON.

local USERS = 4096

local requests = {}
local next_request = 0

function init(args)
  local file = assert(io.open(os.getenv("CHAT_BODY")))
  local body = file:read("*a")
  file:close()
  for user = 1, USERS do
    requests[user] = wrk.format("POST", os.getenv("CHAT_PATH"), {
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

function done(summary, latency, _)
  local errors = summary.errors
  io.write(string.format(
    '{"requests": %d, "bytes": %d, "duration_us": %d, "failed": %d, "p50_us": %d, "p90_us": %d, "p99_us": %d}\n',
    summary.requests,
    summary.bytes,
    summary.duration,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout,
    latency:percentile(50),
    latency:percentile(90),
    latency:percentile(99)
  ))
end
