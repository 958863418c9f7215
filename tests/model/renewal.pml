/* SPDX-License-Identifier: Apache-2.0
 *
 * Renewal: one successor, a short overlap, no copy that goes on unnoticed, and
 * no owner who is signed out.
 *
 * Of sql/api/50_session.sql (session_find, session_offer, session_renew,
 * session_dead_use), session_of, session_token_use and session_token_state in
 * sql/api/30_session_internal.sql, trigger session_keep_former, act_renew.c,
 * put_cookie in gateway/relay_down.c, and take_live, ask_renew and
 * ask_dead_use in gateway/step_identify.c.
 *
 * One session. Exchanges run at the same time, in any gateways; each question
 * is one step, because it has one snapshot or locks the row. An application
 * may take any time for its answer. The token after t is 2t by one key of the
 * gateways and 2t+1 by another, while keys are replaced; renewal is due
 * whenever the database lets it be. A browser takes each token that it gets.
 * Its request is with the database before an overlap is over; what one gateway
 * changed is known to the others, and an answer that was sent has arrived,
 * within a tick. Somebody may copy a token of the browser's and use the copy
 * at any time.
 */
#define LAST 4    /* the clock's last tick */
#define OVERLAP 2 /* [session] overlap, in ticks */
#define TOKENS 8  /* two renewals */
#define NEVER 255

byte clock = 0;

/* The row, and session_former: a bit for each token. */
byte token_hash = 1, next_hash = 0, previous_hash = 0, previous_until = 0;
byte former = 0;
bool ended;

byte jar[2];             /* what the owner has, and who copied it */
byte sent_at[2] = NEVER; /* of the owner's requests under way */

/* What only the properties look at. */
byte replaced_at = 0;   /* when the previous token was replaced */
byte had = 2;           /* a bit for each token that was the current one */
byte successor[TOKENS]; /* what was offered after a token */
bool is_copied;         /* somebody uses a copy */

#define IN(set, token) (((set) >> (token)) & 1)
#define IN_TIME(i) (sent_at[i] == NEVER || clock + 1 < sent_at[i] + OVERLAP)

active proctype clockwork()
{
    do
    :: clock < LAST && IN_TIME(0) && IN_TIME(1) -> clock++
    od
}

/* session_renew; also by an offer, when that is the mistake. */
inline replace()
{
#ifndef MUTANT_NO_FORMER
    if
    :: previous_hash != 0 -> former = former | (1 << previous_hash)
    :: else
    fi;
#endif
    previous_hash = token_hash;
#ifdef MUTANT_NO_OVERLAP
    previous_until = clock;
#elif defined(MUTANT_ENDLESS_OVERLAP)
    previous_until = NEVER;
#else
    previous_until = clock + OVERLAP;
#endif
    replaced_at = clock;
    token_hash = next_hash;
    had = had | (1 << token_hash);
    next_hash = 0
}

#ifdef MUTANT_OFFER_OLD /* the session is looked for by any of its tokens */
#define MAY_OFFER (token == token_hash || token == previous_hash)
#else
#define MAY_OFFER (token == token_hash)
#endif
#ifdef MUTANT_OFFER_EARLY /* though the one before is still good */
#define IS_ALONE true
#else
#define IS_ALONE (previous_hash == 0 || previous_until <= clock)
#endif
#ifdef MUTANT_OFFER_ANY /* the offer that comes last counts */
#define MAY_BE_NEXT true
#else
#define MAY_BE_NEXT (next_hash == 0 || next_hash == offer)
#endif
#ifdef MUTANT_RENEW_TWICE /* whoever saw it as the next one makes it current */
#define MAY_RENEW true
#else
#define MAY_RENEW (next_hash == token)
#endif
#ifdef MUTANT_LATE_ANSWER /* however long ago the token was offered */
#define MAY_SEND true
#else /* no change of the session is known */
#define MAY_SEND \
    (token == token_hash || (token == previous_hash && replaced_at == clock))
#endif

#define IS_LIVE \
    (!ended && (token == token_hash || token == next_hash || \
                (token == previous_hash && clock < previous_until)))
#define IS_KNOWN \
    (token == token_hash || token == next_hash || token == previous_hash || \
     IN(former, token))

/* session_offer. */
inline offer_next()
{
    if
    :: offer != 0 && !ended && MAY_OFFER && IS_ALONE && MAY_BE_NEXT ->
        next_hash = offer;
        assert(successor[token] == 0 || successor[token] == offer);
        successor[token] = offer;
#ifdef MUTANT_RENEW_AT_OFFER /* not when the browser brings it */
        if
        :: next_hash != token_hash -> replace()
        :: else
        fi
#endif
    :: else -> offer = 0
    fi
}

/* 0 and 1 are the owner's requests, 2 is the copy's; one after the other. */
active [3] proctype exchange()
{
    byte token, offer, use, i = _pid - 1, who = (_pid - 1) / 2;

    do
    :: atomic { /* the request is sent */
        jar[who] != 0 -> token = jar[who];
        if
        :: who == 0 -> sent_at[i] = clock
        :: else -> is_copied = true
        fi
    }
    d_step { /* session_find */
        if
        :: who == 0 -> assert(is_copied || IS_LIVE); sent_at[i] = NEVER
        :: else
        fi;
        if
        :: IS_LIVE -> use = (token == next_hash -> 2 : 1);
            assert(token != previous_hash || clock < replaced_at + OVERLAP)
        :: else -> use = 0
        fi
    }
    if
    :: use == 2 -> d_step { /* session_renew */
            if
            :: !ended && MAY_RENEW -> replace()
            :: else
            fi;
            use = 0
        }
    :: use == 1 -> atomic {
            if
            :: token < TOKENS / 2 -> offer = 2 * token
            :: token < TOKENS / 2 -> offer = 2 * token + 1
            :: true /* it is not due */
            fi;
            offer_next();
            use = 0
        }
        atomic { /* the application answers at last */
            if
            :: offer != 0 && MAY_SEND -> jar[who] = offer
            :: true /* no cookie, or the answer is lost */
            fi;
            offer = 0
        }
    :: use == 0 -> d_step { /* session_dead_use */
            if
            :: IS_KNOWN && !IS_LIVE ->
#ifndef MUTANT_NO_REUSE
                ended = true
#endif
            :: else
            fi;
            assert(!IN(had, token) || ended)
        }
    fi
    od
}

init
{
    jar[0] = 1;
    do
    :: jar[1] != jar[0] -> jar[1] = jar[0] /* a copy is made */
    od
}
