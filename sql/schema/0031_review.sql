-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- Access reviews: somebody says of each of some grants, by an instant, that it
-- is still right. The set is fixed when the review opens, one row a grant, with
-- names as they were then: what was asked stays known when accounts and roles
-- are gone. What opens and answers one stands in sql/api/85_grant_review.sql,
-- what ends by it in 80_review_internal.sql, what a row means now in
-- sql/views/review.sql.

create table gatehouse_data.review (
    review_id bigint generated always as identity,
    title text collate "C" not null,
    reviewer_id bigint not null,
    reviewer text collate "C" not null,
    scope text not null,
    unconfirmed text not null,
    reason text not null default '',
    opened_by text not null default session_user,
    opened_at timestamptz not null default clock_timestamp(),
    due_at timestamptz not null,
    closed_by text,
    closed_at timestamptz,
    constraint review_review_id_key primary key (review_id),
    constraint review_title_unique unique (title),
    constraint review_title_form
        check (title ~ '^[a-z0-9][a-z0-9._-]{0,63}$'),
    constraint review_reviewer_length
        check (char_length(reviewer) between 1 and 128),
    constraint review_scope_length
        check (char_length(scope) between 1 and 256),
    constraint review_unconfirmed_known
        check (unconfirmed in ('end', 'keep')),
    constraint review_reason_length check (char_length(reason) <= 128),
    constraint review_opened_by_length
        check (char_length(opened_by) between 1 and 128),
    constraint review_due_at_order check (due_at > opened_at),
    constraint review_closed_by_length
        check (char_length(closed_by) between 1 and 128),
    constraint review_closed_whole
        check ((closed_at is null) = (closed_by is null))
);
comment on table gatehouse_data.review is
'Access reviews: who confirms which grants of roles to accounts, by when, and
what happens to those that nobody confirmed.';
comment on column gatehouse_data.review.review_id is 'number of the review';
comment on column gatehouse_data.review.title is
'its name, by which people call it';
comment on column gatehouse_data.review.reviewer_id is
'the account of whoever is asked to confirm; never used again';
comment on column gatehouse_data.review.reviewer is
'the name of that account when the review opened';
comment on column gatehouse_data.review.scope is
'which grants were chosen, in words';
comment on column gatehouse_data.review.unconfirmed is
'what happens when it is due to grants that nobody confirmed: end, or keep';
comment on column gatehouse_data.review.reason is 'why it was opened';
comment on column gatehouse_data.review.opened_by is 'who opened it';
comment on column gatehouse_data.review.opened_at is 'when';
comment on column gatehouse_data.review.due_at is
'until when answers are taken';
comment on column gatehouse_data.review.closed_by is
'who closed it; upkeep: it was due';
comment on column gatehouse_data.review.closed_at is
'when it was closed; null: it is open';
create index review_due_at_idx
    on gatehouse_data.review (due_at)
    where closed_at is null;
comment on index gatehouse_data.review_due_at_idx is
'the reviews that are due';

-- No foreign keys to what is reviewed: a grant goes with its account or role,
-- the question and its answer stay.

create table gatehouse_data.review_item (
    review_id bigint not null,
    grant_id bigint not null,
    account_id bigint not null,
    account text collate "C" not null,
    role text collate "C" not null,
    state text not null default 'unanswered',
    settled_by text,
    settled_at timestamptz,
    reason text not null default '',
    constraint review_item_review_id_grant_id_key
        primary key (review_id, grant_id),
    constraint review_item_review_id_review
        foreign key (review_id)
        references gatehouse_data.review (review_id)
        on delete cascade,
    constraint review_item_account_length
        check (char_length(account) between 1 and 128),
    constraint review_item_role_length
        check (char_length(role) between 1 and 64),
    constraint review_item_state_known
        check (state in ('unanswered', 'confirmed', 'refused', 'ended',
                         'kept', 'failed', 'over')),
    constraint review_item_settled_by_length
        check (char_length(settled_by) between 1 and 128),
    constraint review_item_settled_whole
        check ((state = 'unanswered') = (settled_at is null)
               and (settled_at is null) = (settled_by is null)),
    constraint review_item_reason_length check (char_length(reason) <= 128)
);
comment on table gatehouse_data.review_item is
'What a review asks: one row a grant.';
comment on column gatehouse_data.review_item.review_id is 'the review';
comment on column gatehouse_data.review_item.grant_id is
'the grant of a role to an account; never used again';
comment on column gatehouse_data.review_item.account_id is
'the account that has the role';
comment on column gatehouse_data.review_item.account is
'the name of the account when the review opened';
comment on column gatehouse_data.review_item.role is
'the name of the role when the review opened';
comment on column gatehouse_data.review_item.state is
'unanswered; confirmed or refused (and so ended) by somebody; and, of those that
nobody answered, when the review closed: ended, kept, failed (it should have
been ended and could not) or over (it had ended before)';
comment on column gatehouse_data.review_item.settled_by is
'who answered; upkeep: nobody did until it was due';
comment on column gatehouse_data.review_item.settled_at is 'when';
comment on column gatehouse_data.review_item.reason is
'why, in the words of whoever answered, or what failed';

insert into gatehouse_audit.event_type (name, level, is_for_gateway, meaning)
values
('access_review', 'WARN', false,
 'an access review was opened, answered or closed; detail.did says which');

-- Answers are evidence: whoever changes them by hand is told of.

do $by_hand$
declare
    v_table text;
    v_when constant text := format(
        'when (current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''')',
        current_user);
begin
    foreach v_table in array array['review', 'review_item'] loop
        execute format(
            'create trigger %I after insert or update or delete '
            'on gatehouse_data.%I for each row %s '
            'execute function gatehouse_data.tell_change_by_hand()',
            v_table || '_by_hand', v_table, v_when);
        execute format(
            'create trigger %I after truncate on gatehouse_data.%I '
            'for each statement %s '
            'execute function gatehouse_data.tell_change_by_hand()',
            v_table || '_truncated_by_hand', v_table, v_when);
        execute format(
            'comment on trigger %I on gatehouse_data.%I is %L',
            v_table || '_by_hand', v_table,
            'tells the audit trail of changes made by hand');
        execute format(
            'comment on trigger %I on gatehouse_data.%I is %L',
            v_table || '_truncated_by_hand', v_table,
            'tells the audit trail that the table was emptied by hand');
        execute format(
            'alter table gatehouse_data.%I enable always trigger %I, '
            'enable always trigger %I', v_table, v_table || '_by_hand',
            v_table || '_truncated_by_hand');
    end loop;
end
$by_hand$;
