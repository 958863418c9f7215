-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Applications that were written for another gateway expect the person's name
-- in a field of another name: which set of names each is told.

alter table gatehouse_data.application
    add column identity text not null default 'remote',
    add constraint application_identity_known
        check (identity in ('remote', 'x-remote', 'x-forwarded',
                            'x-auth-request', 'auth'));
comment on column gatehouse_data.application.identity is
'under which names the application is told who asks: remote (Remote-User and
so on), x-remote, x-forwarded, x-auth-request or auth';
