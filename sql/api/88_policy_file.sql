-- SPDX-License-Identifier: Apache-2.0
--
-- The policy as a file: which words there are, and reading them. A file is
-- lines: what begins at the margin begins a block (application shop), what is
-- indented says something of it. One table, policy_words, drives reading,
-- writing and comparing. deploy/decisions/0020 says why it is so.

create type gatehouse.policy_line as (
    line integer,
    kind text,
    name text,
    other text,
    word text,
    value text,
    mistake text,
    hint text
);
comment on type gatehouse.policy_line is
'One thing that a file of the policy says, or one mistake in it.';
comment on column gatehouse.policy_line.line is 'where, from 1';
comment on column gatehouse.policy_line.kind is 'of what';
comment on column gatehouse.policy_line.name is 'its name';
comment on column gatehouse.policy_line.other is
'name of the other side; empty: it has none';
comment on column gatehouse.policy_line.word is 'what of it; null: that it is';
comment on column gatehouse.policy_line.value is 'in its one form';
comment on column gatehouse.policy_line.mistake is 'what is wrong; null: nothing';
comment on column gatehouse.policy_line.hint is 'what to write instead';

create type gatehouse.policy_item as (
    kind text,
    name text,
    other text,
    words jsonb,
    line integer,
    is_past boolean
);
comment on type gatehouse.policy_item is
'One thing that the policy has: a row of a table, by names.';
comment on column gatehouse.policy_item.kind is
'zone, condition, application, permission, role, inherits, excludes, grant (a
permission of a role), member (a role of an account), or policy (the file)';
comment on column gatehouse.policy_item.name is
'its name; of permissions the application''s, of grants that of the role, of
members that of the account';
comment on column gatehouse.policy_item.other is
'the other name; empty: there is none';
comment on column gatehouse.policy_item.words is
'what it says, by its words, but for what goes without saying';
comment on column gatehouse.policy_item.line is
'where it stands in the file; null: in the database';
comment on column gatehouse.policy_item.is_past is
'only what has ended needs it: a condition that stays and is not written';

create type gatehouse.policy_change as (
    change text,
    kind text,
    name text,
    other text,
    was jsonb,
    becomes jsonb,
    line integer
);
comment on type gatehouse.policy_change is
'How one thing in a file of the policy differs from the database.';
comment on column gatehouse.policy_change.change is 'added, changed or ended';
comment on column gatehouse.policy_change.kind is 'as in policy_item';
comment on column gatehouse.policy_change.name is 'as in policy_item';
comment on column gatehouse.policy_change.other is 'as in policy_item';
comment on column gatehouse.policy_change.was is
'its words in the database; null: it is not there';
comment on column gatehouse.policy_change.becomes is
'its words in the file; null: it is not there';
comment on column gatehouse.policy_change.line is 'where in the file';

create or replace function gatehouse_data.policy_words()
returns table (
    kind text,
    rank integer,
    word text,
    form text,
    fallback text,
    is_told boolean
)
language sql
immutable
set search_path = pg_catalog, pg_temp
as $$
values
('zone', 1, 'sensitivity', 'number', null, true),
('zone', 2, 'meaning', 'text', '', false),
('zone', 3, 'strict', 'word', 'default', false),
('zone', 4, 'moved', 'word', 'alert', false),
('zone', 5, 'entries', 'names', '', false),
('zone', 6, 'condition', 'word', '', false),
('zone', 7, 'idle', 'age', '', false),
('zone', 8, 'record', 'word', 'after', false),
('condition', 1, 'meaning', 'text', '', false),
('condition', 2, 'hours', 'hours', '', false),
('condition', 3, 'days', 'days', 'mon-sun', false),
('condition', 4, 'dates', 'dates', '', false),
('condition', 5, 'networks', 'networks', '', false),
('condition', 6, 'age', 'age', '', false),
('condition', 7, 'country', 'names', '', false),
('condition', 8, 'asn', 'names', '', false),
('condition', 9, 'level', 'number', '', false),
('condition', 10, 'device', 'span', '', false),
('condition', 11, 'all', 'names', '', false),
('condition', 12, 'any', 'names', '', false),
('condition', 13, 'none', 'names', '', false),
('condition', 14, 'time-zone', 'word', '', false),
('condition', 15, 'from', 'day', '', false),
('condition', 16, 'until', 'day', '', false),
('application', 1, 'host', 'word', '', false),
('application', 2, 'path', 'word', null, true),
('application', 3, 'backend', 'each', '', false),
('application', 4, 'carrying', 'word', 'forward', true),
('application', 5, 'zone', 'word', null, true),
('application', 6, 'on-outage', 'outage', 'closed', true),
('application', 7, 'connections', 'number', '256', false),
('application', 8, 'keep', 'number', '64', false),
('application', 9, 'encoded-slash', 'word', 'refuse', false),
('application', 10, 'semicolon', 'word', 'refuse', false),
('application', 11, 'empty-segments', 'word', 'refuse', false),
('application', 12, 'authorization-field', 'word', 'drop', false),
('application', 13, 'identity', 'word', 'remote', false),
('application', 14, 'shares-host-because', 'text', '', false),
('application', 15, 'permission', 'permission', '', false),
('permission', 1, 'pattern', 'word', null, true),
('permission', 2, 'methods', 'methods', null, true),
('permission', 3, 'activity', 'word', 'count', false),
('role', 1, 'meaning', 'text', '', false),
('role', 2, 'administrative', 'flag', '', false),
('role', 3, 'inherits', 'inherits', '', false),
('role', 4, 'excludes', 'excludes', '', false),
('role', 5, 'permission', 'grant', '', false),
('account', 1, 'role', 'member', '', false),
('inherits', 1, 'reason', 'text', '', false),
('excludes', 1, 'reason', 'text', '', false),
('grant', 1, 'condition', 'word', '', false),
('grant', 2, 'from', 'time', '', false),
('grant', 3, 'until', 'time', '', false),
('grant', 4, 'reason', 'text', '', false),
('member', 1, 'condition', 'word', '', false),
('member', 2, 'from', 'time', '', false),
('member', 3, 'until', 'time', '', false),
('member', 4, 'reason', 'text', '', false)
$$;
comment on function gatehouse_data.policy_words() is
'The words of a file of the policy: in what, in which order, in which form, what
holds without them (null: they must be there), and whether they are written
though it holds. A form that is itself a kind is a line with words of its own.';

create or replace function gatehouse_data.policy_form_words(p_form text)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case p_form
    when 'text' then 'text stands in quotes, as in JSON: "so, \"and\" so"'
    when 'number' then 'a number, such as 64'
    when 'hours' then 'such as 08:00-18:00, or 22:00-06:00 for over midnight'
    when 'days' then 'such as mon-fri or sat,sun'
    when 'dates' then 'such as 2026-12-25 2026-12-26'
    when 'day' then 'such as 2026-12-25'
    when 'networks' then 'such as 10.0.0.0/8 2001:db8::/32, without bits '
                         'behind the prefix, IPv4 as such'
    when 'age' then 'such as 10m, in s, m or h'
    when 'span' then 'such as 7d, in s, m, h or d, or 0d'
    when 'outage' then 'closed, or such as cached 5m'
    when 'time' then 'such as 2026-12-31T18:00:00Z or '
                     '2026-12-31T18:00:00+01:00'
    when 'methods' then 'such as GET,HEAD, or * for all'
    else 'one word, without quotes'
end;
comment on function gatehouse_data.policy_form_words(text) is
'How a word''s value is written, for whoever wrote it otherwise.';

create or replace function gatehouse_data.policy_span(p_span interval)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
    when date_part('epoch', p_span)::bigint % 3600 = 0
    then date_part('epoch', p_span)::bigint / 3600 || 'h'
    when date_part('epoch', p_span)::bigint % 60 = 0
    then date_part('epoch', p_span)::bigint / 60 || 'm'
    else date_part('epoch', p_span)::bigint || 's'
end;
comment on function gatehouse_data.policy_span(interval) is
'A duration as a file of the policy has it: 90s, 10m, 8h.';

create or replace function gatehouse_data.policy_days(p_span interval)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return case
    when date_part('epoch', p_span)::bigint % 86400 = 0
    then date_part('epoch', p_span)::bigint / 86400 || 'd'
    else gatehouse_data.policy_span(p_span)
end;
comment on function gatehouse_data.policy_days(interval) is
'A duration of days as a file of the policy has it: 7d, 0d, 36h.';

create or replace function gatehouse_data.policy_time(p_at timestamptz)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return to_char(p_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS')
       || coalesce('.' || nullif(rtrim(to_char(p_at at time zone 'UTC', 'US'),
                                       '0'), ''), '')
       || 'Z';
comment on function gatehouse_data.policy_time(timestamptz) is
'An instant as a file of the policy has it: 2026-12-31T17:00:00Z.';

create or replace function gatehouse_data.policy_hours(
    p_begins time,
    p_ends time
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return regexp_replace(p_begins::text, ':00$', '') || '-'
       || regexp_replace(p_ends::text, ':00$', '');
comment on function gatehouse_data.policy_hours(time, time) is
'Hours as a file of the policy has them: 08:00-18:00.';

create or replace function gatehouse_data.policy_value(
    p_form text,
    p_value text
)
returns text
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- Words such as "tomorrow" would be another instant each day.
    c_time constant text := '^[0-9]{4,6}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}'
        '(:[0-9]{2}(\.[0-9]{1,6})?)?(Z|[+-][0-9]{2}:[0-9]{2})$';
begin
    return case
        when p_form = 'number'
        then case when p_value ~ '^[0-9]{1,9}$'
                  then p_value::integer::text end
        when p_form = 'hours' then (
            select gatehouse_data.policy_hours(h.begins_at, h.ends_at)
            from gatehouse_data.condition_hours_of(p_value) h
        )
        when p_form = 'days'
        then lower(gatehouse_data.condition_days(array(
            select distinct u.day
            from unnest(gatehouse_data.condition_days_of(p_value)) as u (day)
            order by 1)))
        when p_form in ('dates', 'day')
        then case when p_value ~ '^[0-9]{4}-[0-9]{2}-[0-9]{2}$'
                  then to_char(p_value::date, 'YYYY-MM-DD') end
        when p_form = 'networks'
        then case when not (p_value::cidr <<= '::ffff:0:0/96')
                  then p_value::cidr::text end
        when p_form = 'age'
        then case when p_value ~ '^[1-9][0-9]{0,5}[smh]$'
                  then gatehouse_data.policy_span(p_value::interval) end
        when p_form = 'span'
        then case when p_value ~ '^(0|[1-9][0-9]{0,7})[smhd]$'
                  then gatehouse_data.policy_days(p_value::interval) end
        when p_form = 'outage'
        then gatehouse_data.outage_words(gatehouse_data.outage_of(p_value))
        when p_form = 'time'
        then case when p_value ~ c_time
                  then gatehouse_data.policy_time(p_value::timestamptz) end
        when p_form = 'methods'
        then array_to_string(gatehouse_data.methods_in_order(
            string_to_array(p_value, ',')), ',')
        else p_value end;
exception
    when data_exception or sqlstate 'GH003' then
        return null;
end
$$;
comment on function gatehouse_data.policy_value(text, text) is
'A value in the one form in which it is compared and written; null: it has not
the form of its word. What a table demands besides, the table says.';

create or replace function gatehouse_data.policy_near(p_one text, p_other text)
returns boolean
language sql
immutable
set search_path = pg_catalog, pg_temp
return abs(char_length(p_one) - char_length(p_other)) <= 1
       and array(
           select left(left(p_one, 64), i.place)
                  || substr(left(p_one, 64), i.place + 2)
           from generate_series(0, least(char_length(p_one), 64))
                as i (place)
       ) && array(
           select left(left(p_other, 64), i.place)
                  || substr(left(p_other, 64), i.place + 2)
           from generate_series(0, least(char_length(p_other), 64))
                as i (place)
       );
comment on function gatehouse_data.policy_near(text, text) is
'Two words that somebody may have mistaken: without one letter each they are
the same.';

create or replace function gatehouse_data.policy_hint(
    p_word text,
    p_words text[]
)
returns text
language sql
immutable
set search_path = pg_catalog, pg_temp
return coalesce((
    select format('did you mean %s?', u.word)
    from unnest(p_words) as u (word)
    where gatehouse_data.policy_near(p_word, u.word)
    order by u.word collate "C"
    limit 1
), (
    select 'there are ' || string_agg(u.word, ', ')
    from unnest(p_words) as u (word)
    having count(*) between 1 and 20
));
comment on function gatehouse_data.policy_hint(text, text[]) is
'What somebody may have meant who wrote a word that is not there, or what there
is.';

create or replace function gatehouse_data.policy_tokens(p_text text)
returns text[]
language sql
immutable
set search_path = pg_catalog, pg_temp
return array(
    select m.found[1]
    from regexp_matches(p_text, '"(?:[^"\\]|\\.)*"|[^ \t]+', 'g') as m (found)
);
comment on function gatehouse_data.policy_tokens(text) is
'The words of a line, those in quotes with them.';

create or replace function gatehouse_data.policy_say(
    p_line gatehouse.policy_line,
    p_form text,
    p_token text
)
returns gatehouse.policy_line
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    -- As JSON has it, without NUL and halves of characters.
    c_quoted constant text := '^"([^"\\\u0001-\u001F]|\\["\\/bfnrt]'
        '|\\u(?!0000|[dD][89a-fA-F])[0-9a-fA-F]{4})*"$';
    v_line gatehouse.policy_line := p_line;
begin
    if p_form = 'text' and p_token ~ c_quoted then
        v_line.value := p_token::jsonb #>> '{}';
    elsif p_form <> 'text' and p_token !~ '"' then
        v_line.value := gatehouse_data.policy_value(p_form, p_token);
    elsif p_form = 'each' and p_token !~ '^"' then
        v_line.value := p_token;
    end if;
    if v_line.value is null then
        v_line.mistake := case
            when p_token is null then format('%s of what?', v_line.word)
            else format('malformed %s: %s', v_line.word, left(p_token, 64))
            end;
        v_line.hint := gatehouse_data.policy_form_words(p_form);
    end if;
    return v_line;
end
$$;
comment on function gatehouse_data.policy_say(
    gatehouse.policy_line, text, text
) is
'A line with the value that was written of a word, or with the mistake in it.';

create or replace function gatehouse_data.policy_read_inside(
    p_line gatehouse.policy_line,
    p_tokens text[]
)
returns setof gatehouse.policy_line
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line gatehouse.policy_line := p_line;
    v_form text;
    v_names text[];
    i integer := 3;
begin
    v_line.word := p_tokens[1];
    select min(w.form) filter (where w.word = v_line.word),
           array_agg(w.word order by w.rank)
    into v_form, v_names
    from gatehouse_data.policy_words() w
    where w.kind = v_line.kind;
    if v_form is null then
        v_line.mistake := format('a%s %s has no %s',
                                 case when v_line.kind ~ '^a' then 'n' else ''
                                 end, v_line.kind, left(v_line.word, 64));
        v_line.hint := gatehouse_data.policy_hint(v_line.word, v_names);
        return next v_line;
    elsif v_form in ('permission', 'inherits', 'excludes', 'grant', 'member')
    then
        return query
        select r.*
        from gatehouse_data.policy_read_item(v_line, v_form, p_tokens) r;
    elsif v_form = 'flag' then
        v_line.value := 'yes';
        if cardinality(p_tokens) > 1 then
            v_line.mistake := format('%s takes no value', v_line.word);
        end if;
        return next v_line;
    elsif v_form in ('each', 'dates', 'networks', 'names') then
        for i in 2 .. greatest(cardinality(p_tokens), 2) loop
            return next gatehouse_data.policy_say(v_line, v_form, p_tokens[i]);
        end loop;
    elsif v_form = 'outage' or cardinality(p_tokens) <= 2 then
        return next gatehouse_data.policy_say(
            v_line, v_form, nullif(array_to_string(p_tokens[2:], ' '), ''));
    else
        v_line.mistake := format('%s takes one value', v_line.word);
        v_line.hint := gatehouse_data.policy_form_words(v_form);
        return next v_line;
    end if;
end
$$;
comment on function gatehouse_data.policy_read_inside(
    gatehouse.policy_line, text[]
) is
'What an indented line says of its block.';

create or replace function gatehouse_data.policy_read_item(
    p_line gatehouse.policy_line,
    p_kind text,
    p_tokens text[]
)
returns setof gatehouse.policy_line
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    v_line gatehouse.policy_line := p_line;
    v_form text;
    i integer := 3;
begin
    v_line.kind := p_kind;
    v_line.other := coalesce(p_tokens[2], '');
    v_line.word := null;
    if v_line.other = '' or v_line.other ~ '"' then
        v_line.mistake := format('%s of what?', p_tokens[1]);
    elsif p_kind = 'excludes' then
        -- The same from either side.
        v_line.name := least(p_line.name collate "C", v_line.other);
        v_line.other := greatest(p_line.name collate "C", v_line.other);
    end if;
    return next v_line;
    v_line.mistake := null;
    while i <= cardinality(p_tokens) loop
        v_line.word := p_tokens[i];
        select w.form
        into v_form
        from gatehouse_data.policy_words() w
        where w.kind = p_kind
          and w.word = v_line.word;
        if v_form is null then
            v_line.mistake := format('%s has no %s', p_tokens[1],
                                     left(v_line.word, 64));
            v_line.hint := gatehouse_data.policy_hint(v_line.word, array(
                select w.word
                from gatehouse_data.policy_words() w
                where w.kind = p_kind
                order by w.rank));
            return next v_line;
            return;
        end if;
        return next gatehouse_data.policy_say(v_line, v_form, p_tokens[i + 1]);
        i := i + 2;
    end loop;
end
$$;
comment on function gatehouse_data.policy_read_item(
    gatehouse.policy_line, text, text[]
) is
'What one line says of a thing with two names: permission shop/read until …';

create or replace function gatehouse_data.policy_read(p_file text)
returns setof gatehouse.policy_line
language plpgsql
immutable
set search_path = pg_catalog, pg_temp
as $$
declare
    c_heads constant text[] := array['zone', 'condition', 'application',
                                     'role', 'account'];
    -- Whoever reads the file must see what it says.
    c_unseen constant text := '[\u0001-\u0008\u000B-\u001F\u007F-\u009F\u00AD'
        '\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u206F\uFEFF]';
    v_text text;
    v_tokens text[];
    v_line gatehouse.policy_line;
    v_is_begun boolean := false;
    v_has_accounts boolean := false;
begin
    for v_line.line, v_text in
        select t.n, rtrim(t.text, E' \t\r')
        from string_to_table(p_file, E'\n') with ordinality as t (text, n)
    loop
        v_tokens := gatehouse_data.policy_tokens(v_text);
        continue when cardinality(v_tokens) = 0;
        v_line.mistake := null;
        v_line.hint := null;
        if v_text ~ c_unseen then
            v_line.mistake := 'a character that cannot be seen';
            v_line.hint := format('in quotes it is \u%s', lpad(to_hex(ascii(
                substring(v_text from c_unseen))), 4, '0'));
            return next v_line;
        elsif v_tokens[1] ~ '^#' then
            continue;
        elsif not v_is_begun then
            v_is_begun := true;
            v_has_accounts := coalesce(v_tokens[3] = 'accounts', false);
            if array_to_string(v_tokens, ' ')
               !~ '^gatehouse-policy 1( accounts)?$' then
                v_line.mistake := 'this is no policy that this version reads';
                v_line.hint := 'it begins with: gatehouse-policy 1';
            end if;
            return next row(v_line.line, 'policy', '1',
                            coalesce(v_tokens[3], ''), null, null,
                            v_line.mistake, v_line.hint)
                        ::gatehouse.policy_line;
            exit when v_line.mistake is not null;
        elsif v_text ~ '^[ \t]' then
            if v_line.name is not null then
                return query
                select r.*
                from gatehouse_data.policy_read_inside(v_line, v_tokens) r;
            elsif v_line.kind is null then
                v_line.mistake := 'this belongs to nothing';
                v_line.hint := 'a block begins at the margin: role user';
                return next v_line;
            end if;
        else
            v_line.kind := v_tokens[1];
            v_line.other := '';
            v_line.name := null;
            if v_line.kind <> all (c_heads) then
                v_line.mistake := format('no block begins with %s',
                                         left(v_line.kind, 64));
                v_line.hint := gatehouse_data.policy_hint(v_line.kind,
                                                          c_heads);
            elsif cardinality(v_tokens) <> 2 or v_tokens[2] ~ '"' then
                v_line.mistake := format('%s needs one name', v_line.kind);
            elsif v_line.kind = 'account' and not v_has_accounts then
                v_line.mistake := 'this file is not about accounts';
                v_line.hint := 'it would begin with: gatehouse-policy 1 '
                               'accounts';
            else
                v_line.name := v_tokens[2];
            end if;
            return next v_line;
        end if;
    end loop;
    if not v_is_begun then
        return next row(1, 'policy', '1', '', null, null, 'it says nothing',
                        'it begins with: gatehouse-policy 1')
                    ::gatehouse.policy_line;
    end if;
end
$$;
comment on function gatehouse_data.policy_read(text) is
'What a file of the policy says, line by line, and the mistakes that a line has
by itself. What is below a block that is none is not read.';
