-- SPDX-License-Identifier: Apache-2.0
--
-- Views for people, of access reviews. review_item is also where the functions
-- of 80_review_internal.sql read what is left to answer: one place says when a
-- grant is over.

create view gatehouse_report.review_item as
select
    v.title as review,
    i.grant_id,
    coalesce(a.name, i.account) as account,
    coalesce(r.name, i.role) as role,
    case
        when i.state = 'unanswered'
             and (g.grant_id is null or g.ended_at is not null
                  or g.valid_until <= clock_timestamp())
        then 'over'
        else i.state
    end as state,
    i.settled_by,
    i.settled_at,
    i.reason,
    i.account_id = v.reviewer_id as is_own,
    g.granted_by,
    g.granted_at,
    g.reason as granted_because,
    g.valid_until,
    a.status,
    a.last_sign_in_at
from gatehouse_data.review v
join gatehouse_data.review_item i on i.review_id = v.review_id
left join gatehouse_data.account_role g on g.grant_id = i.grant_id
left join gatehouse_data.account a on a.account_id = i.account_id
left join gatehouse_data.role r on r.role_id = g.role_id;
comment on view gatehouse_report.review_item is
'What each access review asks, one row a grant, and who answered what. Example:
which grants did nobody confirm, and are there still?
  select review, account, role, state, reason
  from gatehouse_report.review_item
  where state in (''kept'', ''failed'') order by review, account, role;';
comment on column gatehouse_report.review_item.review is
'name of the review';
comment on column gatehouse_report.review_item.grant_id is
'number of the grant';
comment on column gatehouse_report.review_item.account is
'who has the role; of what is gone the name when the review opened';
comment on column gatehouse_report.review_item.role is
'the role; of what is gone the name when the review opened';
comment on column gatehouse_report.review_item.state is
'unanswered; confirmed; refused: ended at once; and without an answer: over (it
ended by other ways), or, since the review closed, ended, kept, or failed (it
should have been ended and could not)';
comment on column gatehouse_report.review_item.settled_by is
'who answered; upkeep: nobody did until the review was due';
comment on column gatehouse_report.review_item.settled_at is 'when';
comment on column gatehouse_report.review_item.reason is
'why, in the words of whoever answered, or what failed';
comment on column gatehouse_report.review_item.is_own is
'it is the reviewer''s own: somebody else confirms it';
comment on column gatehouse_report.review_item.granted_by is
'who gave the role; null: it went with its account or role';
comment on column gatehouse_report.review_item.granted_at is 'when';
comment on column gatehouse_report.review_item.granted_because is 'why';
comment on column gatehouse_report.review_item.valid_until is
'until when it was given; null: until it is ended';
comment on column gatehouse_report.review_item.status is
'status of the account; null: it is gone';
comment on column gatehouse_report.review_item.last_sign_in_at is
'when the account last signed in';

create view gatehouse_report.review as
select
    v.title as review,
    v.reviewer,
    v.scope,
    case
        when v.closed_at is not null then 'closed'
        when v.due_at <= clock_timestamp() then 'due'
        else 'open'
    end as state,
    v.due_at,
    v.unconfirmed,
    i.grants,
    i.unanswered,
    i.confirmed,
    i.refused,
    i.ended,
    i.kept,
    i.failed,
    i.over,
    v.opened_by,
    v.opened_at,
    v.reason,
    v.closed_by,
    v.closed_at
from gatehouse_data.review v
cross join lateral (
    select
        count(*)::integer as grants,
        count(*) filter (where o.state = 'unanswered')::integer
            as unanswered,
        count(*) filter (where o.state = 'confirmed')::integer as confirmed,
        count(*) filter (where o.state = 'refused')::integer as refused,
        count(*) filter (where o.state = 'ended')::integer as ended,
        count(*) filter (where o.state = 'kept')::integer as kept,
        count(*) filter (where o.state = 'failed')::integer as failed,
        count(*) filter (where o.state = 'over')::integer as over
    from gatehouse_report.review_item o
    where o.review = v.title
) as i;
comment on view gatehouse_report.review is
'Access reviews and how far they are. Example: which are behind?
  select review, reviewer, due_at, unanswered, grants
  from gatehouse_report.review
  where state <> ''closed'' and unanswered > 0 order by due_at;';
comment on column gatehouse_report.review.review is 'its name';
comment on column gatehouse_report.review.reviewer is
'the account of whoever is asked to confirm';
comment on column gatehouse_report.review.scope is
'which grants were chosen when it opened';
comment on column gatehouse_report.review.state is
'open; due: the upkeep is closing it; closed';
comment on column gatehouse_report.review.due_at is
'until when answers are taken';
comment on column gatehouse_report.review.unconfirmed is
'what happens then to grants that nobody confirmed: end or keep';
comment on column gatehouse_report.review.grants is 'grants that it asks of';
comment on column gatehouse_report.review.unanswered is
'of those: nobody has answered yet';
comment on column gatehouse_report.review.confirmed is 'were confirmed';
comment on column gatehouse_report.review.refused is
'were refused, and so ended';
comment on column gatehouse_report.review.ended is
'were not confirmed, and so ended when it was due';
comment on column gatehouse_report.review.kept is
'were not confirmed and kept';
comment on column gatehouse_report.review.failed is
'should have been ended and could not: review_item says why';
comment on column gatehouse_report.review.over is
'had ended otherwise before anybody answered';
comment on column gatehouse_report.review.opened_by is 'who opened it';
comment on column gatehouse_report.review.opened_at is 'when';
comment on column gatehouse_report.review.reason is 'why';
comment on column gatehouse_report.review.closed_by is
'who closed it; upkeep: it was due; null: it is open';
comment on column gatehouse_report.review.closed_at is 'when';
