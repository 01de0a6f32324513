-- What wrk sends: conversations of one or more requests, one connection to a thread.
-- usage: wrk -t8 -c8 … -s flows.lua URL -- FLOW TOKEN COOKIES PREFIX USERS CLIENT SECRET REDIRECT
local flow, token, cookies, prefix, users, client, secret, redirect
local step, count, xsrf, code, access = 1, 0, "", "", ""
local threads = 0 -- numbered by setup(): each has its own global id

function setup(thread) thread:set("id", threads); threads = threads + 1 end

function init(args)
  flow, token, cookies, prefix, users = args[1], args[2], args[3], args[4], tonumber(args[5])
  client, secret, redirect = args[6], args[7], args[8]
  math.randomseed(id + os.time())
end

local function some_user() return string.format("u%06d", math.random(0, users - 1)) end
local function by_token() return { ["Authorization"] = "token " .. token, ["Content-Type"] = "application/json" } end
local form = "application/x-www-form-urlencoded"

local flows = {
  create = { function() count = count + 1
      return wrk.format("POST", "/hub/api/users/" .. prefix .. id .. "-" .. count, by_token()) end },
  activity = { function()
      local body = '{"last_activity": "' .. os.date("!%Y-%m-%dT%H:%M:%S.000000Z") .. '"}'
      return wrk.format("POST", "/hub/api/users/" .. some_user() .. "/activity", by_token(), body) end },
  login = {
    function() return wrk.format("GET", "/hub/login") end,
    function() return wrk.format("POST", "/hub/login", { ["Cookie"] = "_xsrf=" .. xsrf, ["Content-Type"] = form },
      "username=" .. some_user() .. "&password=x&_xsrf=" .. xsrf:gsub("|", "%%7C"):gsub(":", "%%3A")) end },
  oauth = {
    function() return wrk.format("GET", "/hub/api/oauth2/authorize?response_type=code&state=s&client_id=" .. client ..
      "&redirect_uri=" .. redirect, { ["Cookie"] = cookies }) end,
    function() return wrk.format("POST", "/hub/api/oauth2/token", { ["Content-Type"] = form },
      "grant_type=authorization_code&client_id=" .. client .. "&client_secret=" .. secret .. "&code=" .. code ..
      "&redirect_uri=" .. redirect) end,
    function() return wrk.format("GET", "/hub/api/user", { ["Authorization"] = "token " .. access }) end },
}

function request() return flows[flow][step]() end

function response(status, headers, body)
  if status >= 400 then return end
  for name, value in pairs(headers) do
    local lower = name:lower()
    if lower == "set-cookie" then xsrf = value:match("_xsrf=([^;]*)") or xsrf end
    if lower == "location" then code = value:match("[?&]code=([^&]*)") or code end
  end
  access = body:match('"access_token": *"([^"]*)"') or access
  step = step % #flows[flow] + 1
end
