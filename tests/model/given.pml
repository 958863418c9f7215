/* SPDX-License-Identifier: Apache-2.0
 *
 * What is only given: a token never carries more than it was given for, and no
 * session outlives what was taken from it.
 *
 * Of sql/api/50_session.sql (session_find, session_seen, session_offer,
 * session_renew), rights_outgrown, session_turns and session_token_version in
 * sql/api/30_session_internal.sql, policy_changed and rights_follow in
 * sql/api/79_rights.sql, and of find_both in gateway/step_identify.c and
 * is_known in gateway/recall.c.
 *
 * One session and its tokens 1, 2, …, each of which follows the one before it;
 * renewal.pml has the rest of renewal. Each version of the policy gives
 * something to the session, or takes something, or is about others. Exchanges run at the same time, in any gateways, with any token that there
 * ever was; each question is one step, because it has one snapshot or locks the
 * row. A gateway decides by the newest policy, which may be newer than the one
 * that the session was found under. An overlap is over at any time.
 */
#define VERSIONS 4
#define TOKENS 3

byte version = 1; /* of the policy */
byte gifts;       /* a bit for each version that only gave something */
byte taken;       /* the version that took something; 0: none */

/* The row. */
byte current = 1;         /* its token */
bool is_offered, is_good; /* the next one; the one before, still */
byte rights = 1, next_rights, previous_rights;

/* What only the properties look at: the version when a token was first
 * offered, or signed in with. */
byte is_for[TOKENS + 1];

#define IS_OVER (taken > rights)
#define IS_LIVE \
    (!IS_OVER && \
     (token == current || (token == current + 1 && is_offered) || \
      (token + 1 == current && is_good)))
/* The gifts of versions after one, up to another one. */
#define GIFTS(after, until) \
    (gifts & ((1 << ((until) + 1)) - 1) & ~((1 << ((after) + 1)) - 1))

active proctype administrator()
{
    do
    :: version < VERSIONS -> d_step { version++; gifts = gifts | (1 << version) }
    :: version < VERSIONS && taken == 0 -> d_step { version++; taken = version }
    :: version < VERSIONS -> version++
    od
}

#ifdef MUTANT_SEEN_ENDED /* whatever was taken meanwhile */
#define MAY_BE_SEEN true
#else
#define MAY_BE_SEEN (!IS_OVER)
#endif

active proctype upkeep()
{
    do
    :: d_step { is_good -> is_good = false; previous_rights = 0 } /* in time */
    :: d_step { /* session_seen */
            MAY_BE_SEEN && rights < version ->
            if
#ifndef MUTANT_SEEN_FORGETS /* that it is outgrown */
            :: GIFTS(rights, version) != 0
#endif
            :: else -> rights = version
            fi
        }
    od
}

#ifdef MUTANT_PREVIOUS_GAINS /* the row has one version, for all its tokens */
#define PREVIOUS_RIGHTS rights
#else
#define PREVIOUS_RIGHTS previous_rights
#endif
#define NEXT_RIGHTS (next_rights > rights -> next_rights : rights)
/* session_token_version */
#define TOKEN_RIGHTS \
    (token == current \
         -> rights \
         : (token == current + 1 -> NEXT_RIGHTS : PREVIOUS_RIGHTS))

#ifdef MUTANT_RENEW_TO_NOW /* for all that there is when it comes */
#define RENEWED_RIGHTS version
#else
#define RENEWED_RIGHTS NEXT_RIGHTS
#endif
#ifdef MUTANT_OFFER_AGAIN /* for all that there is when it was last offered */
#define IS_FIRST true
#else
#define IS_FIRST (!is_offered)
#endif
#ifdef MUTANT_OVERTAKEN /* by whatever policy is the newest */
#define IS_OVERTAKEN false
#else
#define IS_OVERTAKEN (version > found_under)
#endif

active [2] proctype exchange()
{
    byte token, found_under, has;
    bool was_taken;

    do
    :: atomic { /* the request is sent, with any token that there is */
            if
            :: token = current
            :: current > 1 -> token = current - 1
            :: is_offered -> token = current + 1
            fi;
            was_taken = taken > 0
        }
        do /* until the policy is the one that the session was found under */
        :: d_step { /* session_find */
                found_under = version;
                has = (IS_LIVE -> TOKEN_RIGHTS : 0);
                assert(!was_taken || has == 0)
            }
            if
            :: has > 0 && token == current + 1 -> d_step { /* session_renew */
                    if
                    :: IS_LIVE && token == current + 1 ->
                        previous_rights = rights;
                        rights = RENEWED_RIGHTS;
                        current = token;
                        is_offered = false;
                        next_rights = 0;
                        is_good = true
                    :: else
                    fi
                }
            :: else
            fi;
            d_step { /* the decision */
                if
                :: has > 0 && !IS_OVERTAKEN ->
                    /* What came since it was found is not withheld. */
                    has = (version > found_under -> version : has);
                    assert(GIFTS(is_for[token], has) == 0)
                :: else
                fi
            }
            if
            :: has > 0 && IS_OVERTAKEN
            :: else -> break
            fi
        od;
        atomic { /* session_offer */
            if
            :: has > 0 && token == current && !is_good &&
               current < TOKENS && IS_FIRST ->
                is_for[current + 1] =
                    (is_offered -> is_for[current + 1] : version);
                is_offered = true;
                next_rights = version
            :: else
            fi;
            token = 0; found_under = 0; has = 0; was_taken = false
        }
    od
}

init
{
    is_for[1] = 1
}
