-- SPDX-License-Identifier: Apache-2.0
-- breaking: no
--
-- A session is over when its rights changed after the version of the policy
-- that it has. Whoever gave it a later version by hand, one that is yet to come
-- at that, made it outlive every change, and one that was over live again. As
-- 0016 refuses it for what that version is compared with. Lower ones only end
-- the session, and stay possible.

do $by_hand$
begin
    execute format(
        'create trigger session_rights_stay '
        'before update on gatehouse_data.session '
        'for each row when ((current_user <> %L or '
        'coalesce(current_setting(''gatehouse.act'', true), '''') = '''') '
        'and (new.rights_version > old.rights_version '
        'or new.rights_at > old.rights_at '
        'or coalesce(new.turns_at, ''infinity'') '
        '> coalesce(old.turns_at, ''infinity'') '
        'or coalesce(new.next_rights_version, 0) '
        '> coalesce(old.next_rights_version, 0) '
        'or coalesce(new.previous_rights_version, 0) '
        '> coalesce(old.previous_rights_version, 0))) '
        'execute function gatehouse_data.rights_guard()', current_user);
end
$by_hand$;
comment on trigger session_rights_stay on gatehouse_data.session is
'refuses by hand what would let a session outlive a change of its rights';
alter table gatehouse_data.session
    enable always trigger session_rights_stay;
