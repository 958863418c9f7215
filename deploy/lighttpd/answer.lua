-- SPDX-License-Identifier: Apache-2.0
--
-- Before an answer begins: an application that lighttpd carries cannot set one
-- of Gatehouse's cookies, which would end or plant a session. Is the session
-- cookie called otherwise in gatehouse.conf? Add its name, in lower case.

local ours = {"__host-id", "__host-pre", "__host-device", "__host-keep"}

local request = lighty.r
local set = request.resp_header["Set-Cookie"]

-- Gatehouse's own answers pass: nobody was told anything about them.
if not set or not request.req_env["GATEHOUSE_EXCHANGE"] then
    return 0
end

-- As a browser finds the name: no blanks around it, case aside.
local function is_ours(line)
    local name = string.lower(string.match(line, "^[^%w_]*(.*)$"))

    for _, start in ipairs(ours) do
        if string.sub(name, 1, #start) == start then
            return true
        end
    end
    return false
end

-- lighttpd shows several lines as one text.
local kept = {}
for line in string.gmatch(set .. "\r\n", "(.-)\r\n") do
    line = string.gsub(line, "^[Ss][Ee][Tt]%-[Cc][Oo][Oo][Kk][Ii][Ee]:%s*", "")
    if not is_ours(line) then
        kept[#kept + 1] = line
    end
end
request.resp_header["Set-Cookie"] = table.concat(kept, "\r\nSet-Cookie: ")
return 0
