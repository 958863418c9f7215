-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Where policy_state.on_given says renew, a change that only gives ends no
-- session. Beside the version at which rights last changed so that sessions
-- end, accounts and roles have the one at which something was only given: a
-- session whose token is older than that goes on with what it had, until its
-- browser brings a token that was offered since. deploy/decisions/0019 says
-- why it is so; what is "only given" stands in sql/api/79_rights.sql.

alter table gatehouse_data.policy_state
    add column on_given text not null default 'end',
    add constraint policy_state_on_given_known
        check (on_given in ('end', 'renew'));
comment on column gatehouse_data.policy_state.on_given is
'what a change that only gives does to the sessions that it concerns: end, or
renew: they get a new token, and have more with it; what gives a role that
administers ends them in any case';

alter table gatehouse_data.account_rights
    add column given_version bigint not null default 0,
    add constraint account_rights_given_version_not_negative
        check (given_version >= 0),
    alter column version set default 0,
    drop constraint account_rights_version_positive,
    add constraint account_rights_version_not_negative check (version >= 0);
comment on table gatehouse_data.account_rights is
'When the roles of an account last changed. No row: never. Those of accounts
that are gone stay.';
comment on column gatehouse_data.account_rights.version is
'the version of the policy with which that last ended sessions; 0: never';
comment on column gatehouse_data.account_rights.changed_at is
'the instant of that';
comment on column gatehouse_data.account_rights.given_version is
'the version with which it was last given a role, and sessions went on; 0:
never';
alter table gatehouse_data.role_rights
    add column given_version bigint not null default 0,
    add constraint role_rights_given_version_not_negative
        check (given_version >= 0);
comment on column gatehouse_data.role_rights.version is
'the version of the policy with which that last ended sessions; 0: never';
comment on column gatehouse_data.role_rights.given_version is
'the version with which it was last only given something, and sessions went on;
0: never';

create table gatehouse_data.rights_given (
    relation text not null,
    row_id bigint not null,
    version bigint not null,
    given_at timestamptz not null,
    constraint rights_given_relation_row_id_key
        primary key (relation, row_id),
    constraint rights_given_relation_known
        check (relation in ('account_role', 'role_inheritance',
                            'role_permission')),
    constraint rights_given_version_positive check (version > 0)
);
comment on table gatehouse_data.rights_given is
'Rows of the policy that only gave something, and ended no session: a token that
is older does not have it yet. Rows go after 31 days, when no session is as
old.';
comment on column gatehouse_data.rights_given.relation is
'account_role, role_inheritance or role_permission';
comment on column gatehouse_data.rights_given.row_id is 'the row there';
comment on column gatehouse_data.rights_given.version is
'the version of the policy with which it came';
comment on column gatehouse_data.rights_given.given_at is 'when that was';
create index rights_given_version_idx
    on gatehouse_data.rights_given (version);
comment on index gatehouse_data.rights_given_version_idx is
'what was given since a version';
create index rights_given_given_at_idx
    on gatehouse_data.rights_given (given_at);
comment on index gatehouse_data.rights_given_given_at_idx is
'what is old enough to go';

alter table gatehouse_data.session
    add column next_rights_version bigint,
    add column previous_rights_version bigint;
comment on column gatehouse_data.session.rights_version is
'the version of the policy with which its rights were last found to be those
that its token is for; a later change of them ends it, or has its token
renewed';
comment on column gatehouse_data.session.next_rights_version is
'the version of the policy when the token that follows was first offered: what
was given later is not for that one';
comment on column gatehouse_data.session.previous_rights_version is
'rights_version of the token before; null: not known, so it has nothing that was
given lately';

-- A setting that is changed by hand is told; by its function it is told there.
drop trigger policy_state_setting_by_hand on gatehouse_data.policy_state;
create trigger policy_state_setting_by_hand
    after update on gatehouse_data.policy_state
    for each row
    when (old.rights_change_confirm <> new.rights_change_confirm
          or old.on_given <> new.on_given
             and coalesce(current_setting('gatehouse.act', true), '')
                 <> 'policy_given')
    execute function gatehouse_data.tell_change_by_hand();
comment on trigger policy_state_setting_by_hand
    on gatehouse_data.policy_state is
'tells the audit trail of a changed setting';
alter table gatehouse_data.policy_state
    enable always trigger policy_state_setting_by_hand;

-- As in 0016: nobody changes by hand what an old token does not have.
create trigger rights_given_stays
    before insert or update or delete on gatehouse_data.rights_given
    for each row
    when (pg_trigger_depth() = 0
          and coalesce(current_setting('gatehouse.act', true), '')
              <> 'maintain')
    execute function gatehouse_data.rights_guard();
create trigger rights_given_no_truncate
    before truncate on gatehouse_data.rights_given
    for each statement execute function gatehouse_data.rights_guard();
comment on trigger rights_given_stays on gatehouse_data.rights_given is
'refuses changes by hand; the upkeep removes what is long past';
comment on trigger rights_given_no_truncate on gatehouse_data.rights_given is
'refuses TRUNCATE';
alter table gatehouse_data.rights_given
    enable always trigger rights_given_stays,
    enable always trigger rights_given_no_truncate;
