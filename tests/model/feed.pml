/* SPDX-License-Identifier: Apache-2.0
 *
 * The change feed: nothing that was committed stays untold.
 *
 * Of sql/schema/0011_change.sql (a row in the transaction that changes, with
 * its number), sql/api/90_follow.sql (what is told, and when all is asked
 * anew), the end of gatehouse.maintain in sql/api/60_gateway.sql (rows behind
 * every transaction under way are removed, and how far is noted), and of the
 * keeper (gateway/keeper.c: keep_snapshot, spoil): the snapshot of an answer
 * that came is given back with the next question.
 *
 * A transaction has its number from its first change, writes one row, and
 * ends in any order; a snapshot is PostgreSQL's: all numbers below the newest
 * that ended, but for those under way. One question, and one run of the
 * upkeep, is one step, because each sees one snapshot. Sets are masks, one
 * bit for each number. A standby takes over from any earlier number on, with
 * a name of its own; it never ran the upkeep that came later.
 */
#ifndef N
#define N 5 /* transactions of one server */
#endif
#define MOST 3 /* rows of one answer: c_most */
#define SERVERS 2
#define BIT(x) (1 << (x))
#define BELOW(x) (BIT(x) - 1)

byte next = 1;      /* the number that the next transaction gets */
byte last_done = 0; /* the newest that ended */
byte pruned = 0;    /* change_state.pruned */
byte server = 1;    /* pg_postmaster_start_time() */
byte running;       /* under way */
byte committed;     /* and so those that count */
byte rows;          /* of the feed; seen when committed */
byte told;          /* what the follower has heard of, however */

/* What the follower gives back; server 0: nothing. */
byte last_xmin, last_seen, last_server;
byte last_newest; /* only MUTANT_ORDER_BY_XID looks at it */

/* The present snapshot. */
byte xmin, seen;

inline take_snapshot()
{
    xmin = 1;
    do
    :: xmin <= last_done && !(running & BIT(xmin)) -> xmin++
    :: else -> break
    od;
    seen = BELOW(last_done + 1) & ~running
}

inline end(x)
{
    running = running & ~BIT(x);
    if
    :: x > last_done -> last_done = x
    :: else
    fi
}

inline take_over(x) /* from this number on nothing happened */
{
    committed = committed & BELOW(x);
    rows = rows & BELOW(x);
    told = told & BELOW(x);
    running = 0;
    next = x;
    last_done = x - 1;
    server++
}

active proctype database()
{
    byte x;

    do
    :: atomic { /* somebody begins, and changes something */
        next <= N -> running = running | BIT(next);
        rows = rows | BIT(next);
        next++
    }
    :: atomic { /* one ends, whichever */
        running != 0 -> select(x : 1 .. N);
        if
        :: running & BIT(x) -> end(x); committed = committed | BIT(x)
        :: running & BIT(x) -> end(x); rows = rows & ~BIT(x)
        :: else
        fi;
        x = 0
    }
    :: atomic { /* the upkeep removes any old row */
        rows & committed -> select(x : 1 .. N);
        take_snapshot();
        if
        :: (rows & committed & BIT(x)) && x < xmin ->
            rows = rows & ~BIT(x);
#ifndef MUTANT_NO_PRUNE_MARK
            if
            :: x > pruned -> pruned = x
            :: else
            fi
#endif
        :: else
        fi;
        x = 0; xmin = 0; seen = 0
    }
    :: atomic { /* a standby takes over */
        server < SERVERS && next > 1 -> select(x : 1 .. N);
        if
        :: x > pruned && x <= next -> take_over(x)
        :: else
        fi;
        x = 0
    }
    od
}

/* The rows that an answer has. */
#ifdef MUTANT_ORDER_BY_XID /* a plain counter: what is newer than the newest */
#define SINCE (rows & committed & seen & ~BELOW(last_newest + 1))
#elif defined(MUTANT_TWICE) /* without pg_visible_in_snapshot */
#define SINCE (rows & committed & seen & ~BELOW(last_xmin))
#else
#define SINCE (rows & committed & seen & ~BELOW(last_xmin) & ~last_seen)
#endif

#ifdef MUTANT_PRUNED_EQUAL /* >= for > */
#define NOT_CUT (last_xmin >= pruned)
#else
#define NOT_CUT (last_xmin > pruned)
#endif

#ifdef MUTANT_SAME_SERVER /* every server is believed to be the same one */
#define SAME_SERVER true
#else
#define SAME_SERVER (last_server == server)
#endif

active proctype follower()
{
    byte since, all, x, n;
    bool is_complete;

    do
    :: atomic {
        take_snapshot();
        is_complete = last_server != 0 && NOT_CUT && last_xmin <= xmin &&
                      SAME_SERVER;
        all = committed & seen;
        since = (is_complete -> SINCE : 0);
        for (x : 1 .. N) {
            n = n + ((since >> x) & 1)
        }
        if
#ifdef MUTANT_CUT_OFF /* a list that was cut off is believed to be whole */
        :: n > MOST -> since = since & (since - 1)
#else
        :: n > MOST -> is_complete = false
#endif
        :: else
        fi;
#ifdef MUTANT_TWO_SNAPSHOTS /* rows of one; a later one is given back */
    }
    atomic {
        take_snapshot();
#endif
        if
        :: assert(!is_complete || (since & told) == 0); /* none twice */
            told = told | (is_complete -> since : all);
            assert((committed & seen & ~told) == 0); /* and none is lost */
            last_xmin = xmin; last_seen = seen; last_newest = last_done;
            if
            :: last_server = server
            :: last_server = 0 /* too long a text to be kept */
            fi
        :: true /* the answer is lost on its way */
        fi;
        since = 0; all = 0; x = 0; n = 0; is_complete = false;
        xmin = 0; seen = 0
    }
    od
}
