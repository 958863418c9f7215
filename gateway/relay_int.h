/* SPDX-License-Identifier: Apache-2.0
 *
 * The inside of a relay, as its files share it: relay.c (phases and waits),
 * relay_up.c (the request's body), relay_down.c (the answer). Not for anybody
 * else.
 */
#ifndef GH_GATEWAY_RELAY_INT_H
#define GH_GATEWAY_RELAY_INT_H

#include "backend.h"
#include "relay.h"
#include "web/answer.h"

/* How far the exchange with the application has come. */
enum gh_relay_phase {
    GH_RELAY_CONNECTING = 0, /* no connection yet */
    GH_RELAY_HEAD,           /* the answer has not begun */
    GH_RELAY_CONTENT,        /* the answer is being passed on */
};

/* What a relay waits for: decides the deadline and what missing it means. */
enum gh_relay_wait {
    GH_RELAY_NOTHING = 0, /* has not waited yet */
    GH_RELAY_CONNECT,     /* the application accepts */
    GH_RELAY_BODY,        /* the client sends more of its body */
    GH_RELAY_TAKE,        /* the application takes what we send */
    GH_RELAY_FIRST_BYTE,  /* the application begins to answer */
    GH_RELAY_SILENCE,     /* the application goes on */
    GH_RELAY_SEND,        /* the web server takes what we answer */
};

/* How sending the request stands. */
enum gh_up_state {
    GH_UP_GOING = 0, /* has not been tried since something changed */
    GH_UP_BLOCKED,   /* the application takes no more for now */
    GH_UP_HUNGRY,    /* the client has not sent the rest of the body */
    GH_UP_DONE,      /* all of it is on its way */
    GH_UP_DEAD,      /* the application does not listen; it may answer */
};

/* The way up: the request's head and body. */
struct gh_relay_up {
    enum gh_up_state state; /* how it stands */
    size_t head_sent;       /* bytes of the head that went */
    uint64_t left;          /* body bytes to go, of a body with a length */
    size_t piece;           /* body bytes left in the current chunk */
    char frame[24];         /* chunk framing in front of the piece */
    size_t frame_len;       /* bytes of it */
    size_t frame_sent;      /* of them gone */
    bool is_last;           /* the frame is the end of the body */
    bool has_chunk;         /* a chunk went before: CRLF is due */
};

/* The way down: the answer's content. */
struct gh_relay_down {
    struct gh_text out;        /* to be written to the front */
    size_t out_used;           /* input bytes to consume once it is */
    bool out_is_head;          /* out is our head, not content */
    bool is_last;              /* nothing comes after out */
    bool is_unflushed;         /* something was written and not flushed */
    uint64_t left;             /* content bytes to come, with a length */
    struct gh_chunked chunked; /* decoder, without one */
};

/* What gh_relay_down() came to. */
enum gh_down_result {
    GH_DOWN_COMPLETE, /* everything is written */
    GH_DOWN_HUNGRY,   /* waits for the application */
    GH_DOWN_BLOCKED,  /* waits for the web server */
    GH_DOWN_BROKEN,   /* the application broke off or talks nonsense */
    GH_DOWN_CLOSED,   /* the web server is gone */
};

/* One exchange with an application; in the arena of its exchange, whose
 * context holds the borrowed connection. */
struct gh_relay {
    struct gh_context *context;       /* of the exchange */
    const struct gh_request *request; /* what was asked */
    const struct gh_outcome *outcome; /* head to send, pool to use */
    struct gh_body *body;             /* of the request */
    struct gh_front *front;           /* to the web server */
    enum gh_relay_phase phase;        /* where it stands */
    enum gh_relay_wait waits_for;     /* what the deadline is for */
    bool has_moved;                   /* something moved since it was set */
    bool is_retried;                  /* the second and last attempt */
    struct gh_answer_head answer;     /* the application's head */
    struct gh_relay_up up;            /* request */
    struct gh_relay_down down;        /* answer */
};

/* Sends as much of the request as can be sent now; up.state tells how it
 * stands. GH_MALFORMED: the body broke off; GH_LIMIT: it grew too large. */
GH_MUST_CHECK enum gh_status gh_relay_up(struct gh_relay *relay);

/* Turns the application's head into ours, as the first thing to write.
 * GH_FAULT_MEMORY. */
GH_MUST_CHECK enum gh_status gh_relay_head(struct gh_relay *relay);

/* Passes on as much of the answer as can be passed on now. */
enum gh_down_result gh_relay_down(struct gh_relay *relay,
                                  struct gh_receipt *receipt);

#endif
