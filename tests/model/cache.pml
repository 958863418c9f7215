/* SPDX-License-Identifier: Apache-2.0
 *
 * The cache: nobody is let in by what is remembered for longer than the bound.
 *
 * Of gateway/recall.c (gh_recall, gh_recall_outage, is_good, gh_remember),
 * gateway/fresh.c (all of it), gateway/step_identify.c (ask_next takes the
 * moment before it asks; take_live remembers), gateway/keeper.c (ask, spoil,
 * extend), gateway/look.c (gh_look_await, gh_look_end) and an act that ends
 * sessions (gateway/act_logout.c: it spoils before it answers).
 *
 * One session, one thing that changes: it ends, or the policy takes its rights
 * away; here, or by another gateway. A permit from memory depends on one
 * question, which some loop remembered, and on one recall of it, by any loop;
 * other loops change nothing that these two look at. So one of each will do, at
 * any time. Each step is one access to what is shared; an entry is written and
 * read whole (the sequence lock of gateway/cache.c), and its place stands for
 * the three that gh_fresh_holds() reads. Any process may stop for any time: a
 * frozen database, or a lost answer, is one that does not come. So a question
 * may find no database at any time, and who is remembered then goes on for the
 * time of an outage, beyond the bound, which is for who is asked for. Who
 * asks for a strict application waits for an answer to a question that was
 * asked after that; of both instants only the order is kept.
 */
#ifndef LAST
#define LAST 4 /* the clock's last tick */
#endif
#define BOUND 2 /* [session] freshness, in ticks */
#define OUTAGE 3 /* application.on_outage, in ticks */

byte clock = 0;

/* The database. */
bool changed, by_policy; /* not by the policy: the session ended */
byte changed_at;
#define VERSION (changed && by_policy -> 1 : 0)

/* struct gh_fresh, and the entry. */
byte heard = 0, policy = 0, moment = 0, place = 0;
bool was_heard; /* heard is not what it was at first */
bool has_come;  /* somebody asked for a strict application, */
bool is_later;  /* and heard is later than that */

/* What only the properties look at. */
bool is_told;          /* the change is known here */
byte heard_until = 0;  /* the bound, from when the newest answer was asked */
byte goes_until = 0;   /* the outage, likewise */

active proctype clockwork()
{
    do
    :: clock < LAST -> clock++
    :: else -> break
    od
}

/* gh_fresh_spoil: the moment rises, then the place. */
inline spoil(m)
{
#ifdef MUTANT_SAME_MOMENT /* what was asked before may have the same one */
    m = moment;
#else
    d_step { moment++; m = moment }
#endif
    d_step {
        if
        :: place < m -> place = m
        :: else
        fi;
        m = 0
    }
}

active proctype writer()
{
    byte m;

    if
    :: by_policy = true
    :: true
    fi;
    d_step { changed = true; changed_at = clock }
    if
    :: !by_policy -> /* by an act of this gateway */
#ifdef MUTANT_ANSWER_FIRST
        is_told = true;
#endif
        spoil(m);
        is_told = true
    :: true /* elsewhere */
    fi
}

#ifdef MUTANT_FROM_ANSWER /* the bound begins with the answer */
#define HEARD clock
#else
#define HEARD asked_at
#endif
#ifdef MUTANT_LOOK_UNDER_WAY /* what was asked for before is waited for, too */
#define IS_LATER has_come
#else
#define IS_LATER was_after
#endif
#define HEAR \
    d_step { \
        heard = HEARD; was_heard = true; is_later = is_later || IS_LATER \
    }
#define TELL d_step { policy = version; is_told = is_told || version > 0 }

/* The last lines of extend, and gh_fresh_extend. */
inline extend()
{
#ifdef MUTANT_VERSION_LAST
    HEAR;
    TELL
#else
    TELL;
    HEAR
#endif
}

active proctype keeper()
{
    byte asked_at, version, m;
    bool is_new, knows, others; /* knows: up to the change */
    bool was_after;             /* asked after somebody had come */

    do
    :: d_step { asked_at = clock; was_after = has_come };
        d_step { /* gatehouse.follow: one snapshot */
            is_new = changed && !by_policy && !knows;
            version = VERSION
        }
        if
        :: d_step {
                heard_until = asked_at + BOUND;
                goes_until = asked_at + OUTAGE
            }
#ifdef MUTANT_EXTEND_FIRST
            extend();
#endif
            if
            :: is_new -> spoil(m); d_step { is_told = true; knows = true }
            :: !is_new && !others -> others = true; spoil(m)
            :: !is_new
            fi;
#ifndef MUTANT_EXTEND_FIRST
            extend()
#endif
        :: true /* the answer is lost, or the deadline is over */
        fi;
        d_step {
            asked_at = 0; version = 0; is_new = false; was_after = false
        }
    od
}

#ifdef MUTANT_NO_BOUND /* what is remembered is believed, whoever answers */
#define IS_ON true
#else
#define IS_ON (was_heard && t < heard + BOUND)
#endif
#ifdef MUTANT_HOLDS_FIRST /* the two questions of gh_fresh the other way round */
#define FIRST (entry_moment >= place)
#define LAST_ONE IS_ON
#else
#define FIRST IS_ON
#define LAST_ONE (entry_moment >= place)
#endif

active proctype loops()
{
    byte t, version, m, entry_moment, entry_policy;
    bool was_before, was_told, was_changed;

    m = moment; /* ask_next */
    d_step { /* gatehouse.session_find: one snapshot */
        !changed || by_policy; /* only what is live is remembered */
        was_before = !changed;
        entry_policy = VERSION
    }
#ifdef MUTANT_LATE_MOMENT
    m = moment;
#endif
    d_step { entry_moment = m; m = 0 } /* gh_remember */
    if
    :: d_step { t = clock; was_told = is_told } /* gh_recall */
        FIRST;
        version = policy;
        entry_policy >= version;
        LAST_ONE;
        d_step { /* a permit */
            assert(t < heard_until);
            assert(!was_before || !changed || t < changed_at + BOUND);
            assert(!was_before || !was_told)
        }
    :: d_step { t = clock; was_told = is_told } /* gh_recall_outage */
        !was_heard || t >= heard + BOUND;
        was_heard && t < heard + OUTAGE;
        version = policy;
#ifndef MUTANT_OUTAGE_OLD_POLICY
        entry_policy >= version;
#endif
#ifndef MUTANT_OUTAGE_SPOILT
        entry_moment >= place;
#endif
        d_step { /* a permit */
            assert(t < goes_until);
            assert(!was_before || !changed || t < changed_at + OUTAGE);
            assert(!was_before || !was_told)
        }
    :: d_step { /* gh_recall, for a strict application */
            has_come = true;
            was_changed = changed;
            was_told = is_told
        }
#ifndef MUTANT_LOOK_NOT_AWAITED
        is_later;
#endif
        version = policy;
        entry_policy >= version;
        entry_moment >= place;
        d_step { /* a permit: what was changed before it came is known */
            assert(!was_before || !was_changed);
            assert(!was_before || !was_told)
        }
    fi
}
