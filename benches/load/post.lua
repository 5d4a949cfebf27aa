-- One call, as Talkdesk sends it.
wrk.method = "POST"
wrk.path = "/desk/create_ticket"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"auth":{"username":"agent@example.com/token","password":"s3cret-Pass"},'
  .. '"data":{"subject":"Missed call","description":"He said \\"call me back\\"."},'
  .. '"meta":{"contact_external_id":"20978392","agent_external_id":"77"}}'

function done(summary, latency)
  local bad = summary.errors.connect + summary.errors.read + summary.errors.write
    + summary.errors.status + summary.errors.timeout
  io.write(string.format("RESULT %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(99), bad))
end
