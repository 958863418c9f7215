-- SPDX-License-Identifier: Apache-2.0
--
-- Access reviews, internal: what a grant is to a review, how one ends by it,
-- and how a review is closed. Called by the functions of 85_grant_review.sql
-- and by gatehouse.maintain. All of them hold the policy's lock, so that each
-- grant is settled once; gatehouse_report.review_item says what is left.

create or replace function gatehouse_data.review_tell(
    p_review gatehouse_data.review,
    p_did text,
    p_actor text,
    p_reason text,
    p_item gatehouse_data.review_item default null,
    p_outcome text default 'success',
    p_detail jsonb default '{}'
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    perform gatehouse_audit.append(
        p_event => 'access_review',
        p_outcome => p_outcome,
        p_account_id => p_item.account_id,
        p_account => gatehouse_data.account_name_of(p_item.account_id),
        p_actor => p_actor,
        p_reason => nullif(p_reason, ''),
        p_detail => jsonb_strip_nulls(jsonb_build_object(
            'review', p_review.title,
            'did', p_did,
            'grant', p_item.grant_id,
            'role', p_item.role
        )) || p_detail
    );
end
$$;
comment on function gatehouse_data.review_tell(
    gatehouse_data.review, text, text, text, gatehouse_data.review_item, text,
    jsonb
) is
'Writes an event about an access review, or one of its grants: access_review.';

create or replace function gatehouse_data.review_begin(
    p_act text,
    p_review text,
    p_reason text,
    p_actor text,
    p_confirm integer default null
)
returns gatehouse_data.review
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_review gatehouse_data.review;
begin
    perform gatehouse_data.policy_begin(p_act, p_actor, p_reason, p_confirm);
    select v.*
    into v_review
    from gatehouse_data.review v
    where v.title = p_review;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('no review %s', left(p_review, 64));
    end if;
    if v_review.closed_at is not null
       or v_review.due_at <= clock_timestamp()
    then
        raise exception using
            errcode = 'GH004',
            message = format('the review %s %s', v_review.title,
                             case when v_review.closed_at is not null
                                  then 'is closed' else 'was due' end),
            hint = 'gatehousectl role grant and role revoke change what is to '
                   'change after it';
    end if;
    return v_review;
end
$$;
comment on function gatehouse_data.review_begin(
    text, text, text, text, integer
) is
'A function begins to change an access review that is open: as policy_begin.
GH001 not found, GH003 malformed, GH004 closed.';

create or replace function gatehouse_data.review_item_of(
    p_review gatehouse_data.review,
    p_grant bigint
)
returns gatehouse_data.review_item
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_item gatehouse_data.review_item;
    v_state text;
begin
    select i.*
    into v_item
    from gatehouse_data.review_item i
    where i.review_id = p_review.review_id
      and i.grant_id = p_grant;
    if not found then
        raise exception using
            errcode = 'GH001',
            message = format('the review %s does not ask about grant %s',
                             p_review.title, p_grant),
            hint = 'gatehousectl review show has the numbers';
    end if;
    select n.account, n.role, n.state
    into v_item.account, v_item.role, v_state
    from gatehouse_report.review_item n
    where n.review = p_review.title
      and n.grant_id = p_grant;
    if v_state not in ('unanswered', 'confirmed') then
        raise exception using
            errcode = 'GH002',
            message = format('grant %s of the role %s to %s has ended',
                             p_grant, v_item.role, v_item.account),
            hint = 'a grant that has ended stays so: give a new one';
    end if;
    return v_item;
end
$$;
comment on function gatehouse_data.review_item_of(
    gatehouse_data.review, bigint
) is
'What a review asks about a grant that has not ended, with the names of today.
GH001 not found, GH002 it has ended.';

create or replace function gatehouse_data.grant_is_last_administrator(
    p_grant_id bigint
)
returns boolean
language plpgsql
stable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_now constant timestamptz := clock_timestamp();
    v_roles constant bigint[] := array(
        select r.role_id
        from gatehouse_data.role r
        where r.is_administrative
        union
        select c.role_id
        from gatehouse_data.role_closure c
        join gatehouse_data.role r on r.role_id = c.inherits_id
        where r.is_administrative
    );
begin
    return exists (
        select
        from gatehouse_data.account_role g
        where g.grant_id = p_grant_id
          and g.role_id = any (v_roles)
    ) and not exists (
        select
        from gatehouse_data.account_role g
        join gatehouse_data.account a on a.account_id = g.account_id
        where g.grant_id <> p_grant_id
          and g.role_id = any (v_roles)
          and g.ended_at is null
          and g.valid_from <= v_now
          and (g.valid_until is null or g.valid_until > v_now)
          and a.status = 'active'
    );
end
$$;
comment on function gatehouse_data.grant_is_last_administrator(bigint) is
'A grant gives an administrative role, itself or by inheritance, and no other
account that is active has one.';

create or replace function gatehouse_data.review_end_grant(
    p_review gatehouse_data.review,
    p_grant_id bigint,
    p_by text,
    p_reason text
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    if gatehouse_data.grant_is_last_administrator(p_grant_id) then
        raise exception using
            errcode = 'GH004',
            message = 'nobody else has an administrative role',
            hint = 'give it to somebody else first';
    end if;
    update gatehouse_data.account_role g
    set ended_at = clock_timestamp(),
        ended_by = p_by,
        end_reason = left('review ' || p_review.title
                          || coalesce(': ' || nullif(p_reason, ''), ''), 128)
    where g.grant_id = p_grant_id
      and g.ended_at is null;
end
$$;
comment on function gatehouse_data.review_end_grant(
    gatehouse_data.review, bigint, text, text
) is
'Ends a grant because of a review, as role_revoke_account does: its event, its
version and its sessions follow by the triggers of the policy. GH004 nobody
else administers.';

create or replace function gatehouse_data.review_item_set(
    p_review gatehouse_data.review,
    p_grant_id bigint,
    p_state text,
    p_by text,
    p_reason text
)
returns void
language sql
set search_path = pg_catalog, pg_temp
as $$
update gatehouse_data.review_item i
set state = p_state,
    settled_by = p_by,
    settled_at = clock_timestamp(),
    reason = coalesce(p_reason, '')
where i.review_id = (p_review).review_id
  and i.grant_id = p_grant_id
$$;
comment on function gatehouse_data.review_item_set(
    gatehouse_data.review, bigint, text, text, text
) is
'Notes what became of one grant in a review, by whom and why.';

create or replace function gatehouse_data.review_settle(
    p_review gatehouse_data.review,
    p_item gatehouse_data.review_item,
    p_by text,
    p_ends boolean
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_state text;
    v_reason text := '';
begin
    select case when n.state = 'over' then 'over'
                when p_ends then 'ended'
                else 'kept' end
    into v_state
    from gatehouse_report.review_item n
    where n.review = p_review.title
      and n.grant_id = p_item.grant_id;
    if v_state = 'ended' then
        begin
            perform gatehouse_data.review_end_grant(
                p_review, p_item.grant_id, p_by, 'not confirmed');
        exception
            -- What passes by itself is no answer: the next upkeep tries again.
            when transaction_rollback or insufficient_resources
                 or lock_not_available or system_error then
                raise;
            -- One that cannot be ended is told of, and hinders nothing else.
            when others then
                v_state := 'failed';
                v_reason := left(sqlerrm, 128);
        end;
    end if;
    perform gatehouse_data.review_item_set(p_review, p_item.grant_id, v_state,
                                           p_by, v_reason);
    if v_state = 'failed' then
        perform gatehouse_data.review_tell(p_review, 'fail', p_by, v_reason,
                                           p_item, 'error');
    end if;
end
$$;
comment on function gatehouse_data.review_settle(
    gatehouse_data.review, gatehouse_data.review_item, text, boolean
) is
'Settles one grant that nobody answered: it is over when it ended by other ways;
else it is kept, or ended, or what hinders that is told.';

create or replace function gatehouse_data.review_finish(
    p_review gatehouse_data.review,
    p_by text,
    p_reason text,
    p_ends boolean,
    p_until timestamptz default 'infinity'
)
returns boolean
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_item gatehouse_data.review_item;
begin
    -- Row by row: the upkeep stops where its time ends, however many they are.
    for v_item in
        select i.*
        from gatehouse_data.review_item i
        where i.review_id = p_review.review_id
          and i.state = 'unanswered'
        order by i.grant_id
    loop
        if clock_timestamp() >= p_until then
            return false;
        end if;
        perform gatehouse_data.review_settle(p_review, v_item, p_by, p_ends);
    end loop;
    update gatehouse_data.review v
    set closed_by = p_by,
        closed_at = clock_timestamp()
    where v.review_id = p_review.review_id;
    perform gatehouse_data.review_tell(
        p_review, 'close', p_by, p_reason, p_detail => (
            select jsonb_object_agg(s.state, s.grants)
            from (
                select i.state, count(*) as grants
                from gatehouse_data.review_item i
                where i.review_id = p_review.review_id
                group by i.state
            ) as s
        ));
    return true;
end
$$;
comment on function gatehouse_data.review_finish(
    gatehouse_data.review, text, text, boolean, timestamptz
) is
'Settles what nobody answered and closes a review; false: not all of it until
p_until. The event has how many grants there are of each state.';

create or replace function gatehouse_data.reviews_due(
    p_now timestamptz,
    p_until timestamptz
)
returns void
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
declare
    v_review gatehouse_data.review;
begin
    if not exists (
        select
        from gatehouse_data.review v
        where v.closed_at is null
          and v.due_at <= p_now
    ) then
        return;
    end if;
    -- While somebody changes the policy nothing waits here; the next time will
    -- do.
    perform
    from gatehouse_data.policy_state
    for no key update skip locked;
    if not found then
        return;
    end if;
    -- The word was given when the review opened.
    perform set_config('gatehouse.confirm', '999999999', true);

    for v_review in
        select v.*
        from gatehouse_data.review v
        where v.closed_at is null
          and v.due_at <= p_now
        order by v.due_at, v.review_id
    loop
        exit when not gatehouse_data.review_finish(
            v_review, 'upkeep', 'due', v_review.unconfirmed = 'end', p_until);
    end loop;
end
$$;
comment on function gatehouse_data.reviews_due(timestamptz, timestamptz) is
'Closes the access reviews that are due, as far as it gets until p_until: ends
what nobody confirmed where the review says so. Called by gatehouse.maintain,
whose sessions end as after any other change of the policy.';
