-- SPDX-License-Identifier: Apache-2.0
--
-- lighttpd runs this twice for a request that it carries: before it asks
-- Gatehouse, when there is nothing to do, and after the yes, when the answer's
-- variables are there. FastCGI and SCGI applications get those by themselves
-- (REMOTE_USER and so on); here they become fields, since mod_proxy passes on
-- nothing else. An empty value is no field. A field of a client that could be
-- taken for one of these, under any spelling, was refused by Gatehouse.

local request = lighty.r
local told = request.req_env

if not told["GATEHOUSE_EXCHANGE"] then
    return 0
end

-- Does your application read another name? Add a line.
local fields = {
    ["Remote-User"] = "REMOTE_USER",
    ["Remote-Name"] = "REMOTE_NAME",
    ["Remote-Email"] = "REMOTE_EMAIL",
    ["Remote-Groups"] = "REMOTE_GROUPS",
    ["X-Gatehouse-Session"] = "GATEHOUSE_SESSION",
    ["X-Gatehouse-Level"] = "GATEHOUSE_LEVEL",
    ["X-Gatehouse-Assertion"] = "GATEHOUSE_ASSERTION",
    ["X-Request-Id"] = "GATEHOUSE_EXCHANGE",
    -- Without Gatehouse's own cookies.
    ["Cookie"] = "GATEHOUSE_COOKIES",
}
for field, variable in pairs(fields) do
    request.req_header[field] = told[variable] or ""
end

-- What nobody has verified.
request.req_header["Authorization"] = ""
request.req_header["Proxy-Authorization"] = ""
return 0
