-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- An application's path has one spelling. RFC 3986 keeps @ and %40 apart, and
-- so does the gateway; a web server that carries requests itself takes them for
-- the same, and so may an application. /%40x/ was then outside of the
-- application at /@x/ to one of them and inside to the other. Paths that are
-- there already stay, and policy check names them.

alter table gatehouse_data.application
    add constraint application_path_plain
        check (path !~ '[!$&''()*+,;=:@]|%(2[146789ABC]|3[ABD]|40)')
        not valid;
comment on constraint application_path_plain on gatehouse_data.application is
'no character that is written in two ways';
