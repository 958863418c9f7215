# SPDX-License-Identifier: Apache-2.0
#
# gatehousectl and access reviews: opened, answered, closed, and refused where
# they make no sense. Owns nothing: sourced by tests/ctl/run, whose cluster,
# accounts and words it uses.
# shellcheck shell=bash disable=SC2154

# review_of NAME COLUMN: what the list of reviews says of one.
review_of() {
    ctl_as clerk review list --output json |
        json "[r['$2'] for r in rows if r['review'] == '$1'][0]"
}

# grant_in NAME ACCOUNT: the number of that account's grant in a review.
grant_in() {
    ctl_as clerk review show "$1" --output json |
        json "[r['grant_id'] for r in rows if r['account'] == '$2'][0]"
}

# answers NAME: account and state of each grant of a review, in order.
answers() {
    ctl_as clerk review show "$1" --output json |
        json "' '.join(sorted(r['account'] + ':' + r['state'] for r in rows))"
}

# is_due NAME: as if the instant of a review had come.
is_due() {
    sql "update gatehouse_data.review set opened_at = now() - interval '2 h',
            due_at = now() - interval '1 h' where title = '$1'"
}

a_review_is_opened() {
    local name
    ctl_as clerk role add visitor
    for name in ann ben cyd; do
        ctl_as clerk user add $name --no-password --role visitor
    done
    ctl_as clerk review open q4 Ann --until 2999-12-31 --unconfirmed end \
        --role visitor --reason yearly | grep -Ex 'grants +3'
    same 'ann role visitor open 3' "$(review_of q4 reviewer) $(
        review_of q4 scope) $(review_of q4 state) $(review_of q4 unanswered)"
    same "$(id -un)" "$(review_of q4 opened_by)"
    same 'ann:unanswered ben:unanswered cyd:unanswered' "$(answers q4)"
    same 1 "$(parses review list)"
    same 3 "$(parses review show q4)"
}

a_review_that_makes_no_sense_is_not_opened() {
    local open=(ctl_as clerk review open)
    status 4 "${open[@]}" q4 ann --until 2999-12-31 --unconfirmed keep
    status 3 "${open[@]}" x nobody --until 2999-12-31 --unconfirmed end
    status 3 "${open[@]}" x ann --until 2999-12-31 --unconfirmed end \
        --role nowhere
    status 2 "${open[@]}" x ann --until 2000-01-01 --unconfirmed end
    status 2 "${open[@]}" x ann --until soonish --unconfirmed end
    status 2 "${open[@]}" x ann --until 2999-12-31 --unconfirmed drop
    status 2 "${open[@]}" x ann --until 2999-12-31
    status 2 "${open[@]}" x --until 2999-12-31 --unconfirmed end
    says '--role is given twice' "${open[@]}" x ann --until 2999-12-31 \
        --unconfirmed end --role visitor --role admin
    status 2 "${open[@]}" x ann --until 2999-12-31 --unconfirmed end \
        --role visitor --role admin
    says 'end or keep' "${open[@]}" x ann --until 2999-12-31 --unconfirmed drop
}

grants_are_confirmed_and_refused() {
    ctl_as clerk review confirm q4 "$(grant_in q4 ann)" --reason 'still here'
    ctl_as clerk review refuse q4 "$(grant_in q4 ben)" --reason 'moved on'
    same 'ann:confirmed ben:refused cyd:unanswered' "$(answers q4)"
    fails says ben ctl_as clerk role members visitor
    status 4 ctl_as clerk review confirm q4 "$(grant_in q4 ben)"
    status 3 ctl_as clerk review confirm q4 0
    status 3 ctl_as clerk review confirm nothing 1
    status 2 ctl_as clerk review confirm q4 ann
    status 2 ctl_as clerk review confirm q4
    same "$(id -un) moved on" "$(ctl_as clerk review show q4 --output json |
        json '[r["settled_by"] + " " + r["reason"] for r in rows
               if r["account"] == "ben"][0]')"
}

nobody_confirms_a_role_of_their_own() {
    local name
    name=$(id -un)
    ctl_as clerk user add "$name" --no-password --role visitor
    ctl_as clerk review open own ann --until 2999-12-31 --unconfirmed keep \
        --account "$name"
    status 5 ctl_as clerk review confirm own "$(grant_in own "$name")"
    says 'nobody confirms a role of their own' ctl_as clerk review confirm own \
        "$(grant_in own "$name")"
    ctl_as clerk review close own --reason 'that was a try'
    same 'closed 1' "$(review_of own state) $(review_of own kept)"
    status 5 ctl_as clerk review close own
    status 3 ctl_as clerk review close nothing
    ctl_as clerk user remove "$name"
}

what_nobody_confirmed_ends_when_it_is_due() {
    is_due q4
    status 5 ctl_as clerk review confirm q4 "$(grant_in q4 cyd)"
    sql "select gatehouse.maintain('here')" >"$scratch/maintain"
    same 'ann:confirmed ben:refused cyd:ended' "$(answers q4)"
    same 'closed 1' "$(review_of q4 state) $(review_of q4 ended)"
    same ann "$(ctl_as clerk role members visitor --output json |
        json '" ".join(r["account"] for r in rows)')"
}

many_grants_want_a_word() {
    local open=(ctl_as clerk review open many ann --until 2999-12-31
        --role visitor)
    sql 'update gatehouse_data.policy_state set rights_change_confirm = 0'
    status 5 "${open[@]}" --unconfirmed end
    says 'give the number back: --confirm 1' "${open[@]}" --unconfirmed end
    "${open[@]}" --unconfirmed end --confirm 1
    sql 'update gatehouse_data.policy_state set rights_change_confirm = 1000'
    for name in ann ben cyd; do
        ctl_as clerk user remove $name
    done
    same 'ann:over' "$(answers many)"
    ctl_as clerk role remove visitor
}

# All of it, in this order.
check_review() {
    check 'a review is opened' a_review_is_opened
    check 'a review that makes no sense is not opened' \
        a_review_that_makes_no_sense_is_not_opened
    check 'grants are confirmed and refused' grants_are_confirmed_and_refused
    check 'nobody confirms a role of their own' \
        nobody_confirms_a_role_of_their_own
    check 'what nobody confirmed ends when it is due' \
        what_nobody_confirmed_ends_when_it_is_due
    check 'many grants want a word' many_grants_want_a_word
}
