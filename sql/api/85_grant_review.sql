-- SPDX-License-Identifier: Apache-2.0
--
-- Administration: access reviews, in which somebody confirms grants of roles to
-- accounts until an instant. How they are settled stands in
-- 80_review_internal.sql.

create function gatehouse.review_open(
    p_review text,
    p_reviewer text,
    p_until timestamptz,
    p_unconfirmed text,
    p_role text,
    p_application text,
    p_account text,
    p_reason text,
    p_actor text,
    p_confirm integer default null
)
returns bigint
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now timestamptz;
    v_constraint text;
    v_review gatehouse_data.review;
    v_reviewer_id bigint;
    v_role_id bigint;
    v_application_id bigint;
    v_account_id bigint;
    v_grants bigint;
    v_most bigint;
begin
    perform gatehouse_data.policy_begin('review_open', p_actor, p_reason);
    v_now := clock_timestamp();
    v_reviewer_id := gatehouse.account_id_of(p_reviewer);
    if p_role is not null then
        v_role_id := (gatehouse_data.role_of(p_role)).role_id;
    end if;
    if p_application is not null then
        v_application_id :=
            (gatehouse_data.application_of(p_application)).application_id;
    end if;
    if p_account is not null then
        v_account_id := gatehouse.account_id_of(p_account);
    end if;
    insert into gatehouse_data.review as v (
        title, reviewer_id, reviewer, scope, unconfirmed, reason, opened_by,
        opened_at, due_at
    )
    values (
        p_review, v_reviewer_id, p_reviewer,
        coalesce(nullif(concat_ws(
            ', ', 'role ' || p_role, 'application ' || p_application,
            'account ' || p_account), ''), 'all'),
        p_unconfirmed, coalesce(p_reason, ''), p_actor, v_now, p_until
    )
    returning v.* into v_review;

    insert into gatehouse_data.review_item (
        review_id, grant_id, account_id, account, role
    )
    select v_review.review_id, g.grant_id, g.account_id, a.name, r.name
    from gatehouse_data.account_role g
    join gatehouse_data.account a on a.account_id = g.account_id
    join gatehouse_data.role r on r.role_id = g.role_id
    where g.ended_at is null
      and (g.valid_until is null or g.valid_until > v_now)
      and (v_role_id is null or g.role_id = v_role_id)
      and (v_account_id is null or g.account_id = v_account_id)
      and (v_application_id is null or g.role_id in (
          select h.role_id
          from (
              select c.role_id, c.inherits_id
              from gatehouse_data.role_closure c
              union all
              select o.role_id, o.role_id
              from gatehouse_data.role o
          ) as h (role_id, holds_id)
          join gatehouse_data.role_permission q on q.role_id = h.holds_id
          join gatehouse_data.permission p
              on p.permission_id = q.permission_id
          where p.application_id = v_application_id
            and q.ended_at is null
            and (q.valid_until is null or q.valid_until > v_now)
      ));
    get diagnostics v_grants = row_count;
    if v_grants = 0 then
        raise exception using
            errcode = 'GH001',
            message = 'there is no such grant to review';
    end if;
    -- Nobody can be asked when it is due: the word is given now.
    select greatest(s.rights_change_confirm, p_confirm)
    into v_most
    from gatehouse_data.policy_state s;
    if p_unconfirmed = 'end' and v_grants > v_most then
        raise exception using
            errcode = 'GH004',
            message = format('this review may end %s grants, more than %s',
                             v_grants, v_most),
            hint = format('give the number back: --confirm %1$s, or '
                          'p_confirm => %1$s', v_grants);
    end if;
    perform gatehouse_data.review_tell(
        v_review, 'open', p_actor, p_reason, p_detail => jsonb_build_object(
            'grants', v_grants,
            'reviewer', v_review.reviewer,
            'scope', v_review.scope,
            'due', v_review.due_at,
            'unconfirmed', v_review.unconfirmed
        ));
    perform gatehouse_data.policy_end();
    return v_grants;
exception
    when unique_violation then
        raise exception using
            errcode = 'GH002',
            message = format('there is a review %s already', p_review);
    when not_null_violation or check_violation then
        get stacked diagnostics v_constraint = constraint_name;
        raise exception using
            errcode = 'GH003',
            message = 'malformed review',
            hint = case v_constraint
                   when 'review_title_form'
                   then 'a name is 1 to 64 of a-z 0-9 . _ -, beginning with a '
                        'letter or digit'
                   when 'review_due_at_order'
                   then 'it is due later than now'
                   else 'it has a name, until when, and what happens to what '
                        'nobody confirms: end or keep' end;
end
$$;
comment on function gatehouse.review_open(
    text, text, timestamptz, text, text, text, text, text, text, integer
) is
'Administration: opens an access review: an account is asked to confirm, until
an instant, the grants of a role, of the roles that may do something in an
application, and to an account, or with nulls all of them; and what happens then
to those that nobody confirmed: end or keep. Gives how many grants it asks of;
one that may end more than rights_change_confirm has to be given their number.
GH001 not found, GH002 there is one of that name, GH003 malformed, GH004 too
many.';

create function gatehouse.review_list()
returns table (
    review text,
    reviewer text,
    scope text,
    state text,
    due_at timestamptz,
    unconfirmed text,
    grants integer,
    unanswered integer,
    confirmed integer,
    refused integer,
    ended integer,
    kept integer,
    failed integer,
    over integer,
    opened_by text,
    opened_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    return query
    select
        v.review, v.reviewer, v.scope, v.state, v.due_at, v.unconfirmed,
        v.grants, v.unanswered, v.confirmed, v.refused, v.ended, v.kept,
        v.failed, v.over, v.opened_by, v.opened_at
    from gatehouse_report.review v
    order by v.closed_at desc nulls first, v.due_at, v.review;
end
$$;
comment on function gatehouse.review_list() is
'Administration: all access reviews and how far they are, those first that are
open.';

create function gatehouse.review_show(p_review text)
returns table (
    grant_id bigint,
    account text,
    role text,
    state text,
    settled_by text,
    settled_at timestamptz,
    reason text,
    is_own boolean,
    granted_by text,
    granted_at timestamptz,
    granted_because text,
    valid_until timestamptz,
    status text,
    last_sign_in_at timestamptz
)
language plpgsql
stable
security definer
set search_path = pg_catalog, pg_temp
as $$
#variable_conflict use_column
begin
    if not exists (
        select from gatehouse_data.review v where v.title = p_review
    ) then
        raise exception using
            errcode = 'GH001',
            message = format('no review %s', left(p_review, 64));
    end if;
    return query
    select
        i.grant_id, i.account, i.role, i.state, i.settled_by, i.settled_at,
        i.reason, i.is_own, i.granted_by, i.granted_at, i.granted_because,
        i.valid_until, i.status, i.last_sign_in_at
    from gatehouse_report.review_item i
    where i.review = p_review
    order by i.state <> 'unanswered', i.account, i.role, i.grant_id;
end
$$;
comment on function gatehouse.review_show(text) is
'Administration: what an access review asks, one row a grant, those first that
nobody has answered. GH001 not found.';

create function gatehouse.review_confirm(
    p_review text,
    p_grant bigint,
    p_reason text,
    p_actor text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_review gatehouse_data.review;
    v_item gatehouse_data.review_item;
begin
    v_review := gatehouse_data.review_begin('review_confirm', p_review,
                                            p_reason, p_actor);
    v_item := gatehouse_data.review_item_of(v_review, p_grant);
    if lower(p_actor) = v_item.account then
        raise exception using
            errcode = 'GH004',
            message = 'nobody confirms a role of their own',
            hint = 'somebody else has to';
    end if;
    perform gatehouse_data.review_item_set(v_review, p_grant, 'confirmed',
                                           p_actor, p_reason);
    perform gatehouse_data.review_tell(v_review, 'confirm', p_actor, p_reason,
                                       v_item);
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.review_confirm(text, bigint, text, text) is
'Administration: a grant that an access review asks about is still right. The
last answer counts. GH001 not found, GH002 it has ended, GH003 malformed, GH004
closed, or of whoever confirms it: by the name that p_actor claims to be.';

create function gatehouse.review_refuse(
    p_review text,
    p_grant bigint,
    p_reason text,
    p_actor text,
    p_confirm integer default null
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_review gatehouse_data.review;
    v_item gatehouse_data.review_item;
begin
    v_review := gatehouse_data.review_begin('review_refuse', p_review,
                                            p_reason, p_actor, p_confirm);
    v_item := gatehouse_data.review_item_of(v_review, p_grant);
    perform gatehouse_data.review_end_grant(v_review, p_grant, p_actor,
                                            p_reason);
    perform gatehouse_data.review_item_set(v_review, p_grant, 'refused',
                                           p_actor, p_reason);
    perform gatehouse_data.review_tell(v_review, 'refuse', p_actor, p_reason,
                                       v_item);
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.review_refuse(
    text, bigint, text, text, integer
) is
'Administration: a grant that an access review asks about is no longer right,
and ends at once. GH001 not found, GH002 it has ended, GH003 malformed, GH004
closed, or nobody else has an administrative role.';

create function gatehouse.review_close(
    p_review text,
    p_reason text,
    p_actor text
)
returns void
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
as $$
declare
    v_review gatehouse_data.review;
begin
    v_review := gatehouse_data.review_begin('review_close', p_review, p_reason,
                                            p_actor);
    perform gatehouse_data.review_finish(v_review, p_actor, p_reason, false);
    perform gatehouse_data.policy_end();
end
$$;
comment on function gatehouse.review_close(text, text, text) is
'Administration: closes an access review before it is due. What nobody answered
is kept, whatever was to happen when it is due. GH001 not found, GH003
malformed, GH004 closed.';
