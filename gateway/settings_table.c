/* SPDX-License-Identifier: Apache-2.0
 *
 * The table of settings: the one place where a key, its default, its bounds
 * and its meaning stand. Owns nothing mutable. Read by the parser, -T, the
 * sample file and the manual page; a test fails when they drift.
 */
#include "settings_int.h"

#include "base/banned.h"

#define AT_GATEWAY(field) offsetof(struct gh_settings_gateway, field)
#define AT_ENTRY(field) offsetof(struct gh_settings_entry, field)
#define AT_LIMITS(field) offsetof(struct gh_settings_limits, field)
#define AT_TIMEOUTS(field) offsetof(struct gh_settings_timeouts, field)
#define AT_DATABASE(field) offsetof(struct gh_settings_database, field)
#define AT_KEYS(field) offsetof(struct gh_settings_keys, field)
#define AT_PASSWORD(field) offsetof(struct gh_settings_password, field)
#define AT_SESSION(field) offsetof(struct gh_settings_session, field)
#define AT_PLACE(field) offsetof(struct gh_settings_place, field)
#define AT_APPLICATION(field) offsetof(struct gh_settings_application, field)

#define KIB 1024ULL
#define MIB (1024ULL * KIB)
#define GIB (1024ULL * MIB)
#define SECOND 1000ULL
#define MINUTE (60ULL * SECOND)
#define HOUR (60ULL * MINUTE)

const struct gh_section_text gh_section_table[GH_N_SECTIONS] = {
    [GH_SECTION_GATEWAY] = {"gateway", NULL, "The process."},
    [GH_SECTION_ENTRY] =
        {"entry", "public",
         "One FastCGI socket that a web server connects to. The name is for "
         "the log, and for zones that are reached through some entries only "
         "(gatehousectl zone change). At least one is needed."},
    [GH_SECTION_LIMITS] =
        {"limits", NULL, "Ceilings. What is over them is refused, never cut."},
    [GH_SECTION_TIMEOUTS] =
        {"timeouts", NULL,
         "How long the gateway waits. Every wait has an end."},
    [GH_SECTION_DATABASE] =
        {"database", NULL,
         "PostgreSQL, where accounts, applications, roles, sessions and the "
         "audit trail are. Without it nobody can sign in, and applications "
         "are sections of this file."},
    [GH_SECTION_KEYS] =
        {"keys", NULL,
         "The keys that never go into the database: a copy of it alone "
         "signs nobody in."},
    [GH_SECTION_PASSWORD] =
        {"password", NULL,
         "What checking one password costs, here and for whoever guesses."},
    [GH_SECTION_SESSION] = {"session", NULL, "How long a sign-in lasts."},
    [GH_SECTION_PLACE] =
        {"place", NULL,
         "Databases of where addresses are, in MaxMind's format (.mmdb), for "
         "conditions that ask for a country or an autonomous system. A file "
         "that is replaced is taken up within seconds; one that is damaged is "
         "not, and the one before stays. Keep them on a disk of this machine: "
         "a network file system that hangs would hold up signals."},
    [GH_SECTION_APPLICATION] =
        {"application", "public",
         "An application of a gateway without a database. With one, "
         "applications are in it, and these sections are refused: "
         "gatehousectl app add. The name is for the log."},
};

const struct gh_setting gh_setting_table[] = {
    {GH_SECTION_GATEWAY, "workers", GH_TYPE_WORD, AT_GATEWAY(workers), "auto",
     0, 16, "auto 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", NULL,
     "Event loops, each on a thread of its own. auto is one a processor."},
    {GH_SECTION_GATEWAY, "user", GH_TYPE_TEXT, AT_GATEWAY(user), "", 0, 64,
     NULL, "gatehouse",
     "Account to become after the sockets are open, when started as root. "
     "Started as root without it, the gateway refuses to run."},
    {GH_SECTION_GATEWAY, "base_path", GH_TYPE_TEXT, AT_GATEWAY(base_path),
     "/auth", 2, 64, NULL, NULL,
     "Path of the gateway's own pages, on every host. It never reaches an "
     "application."},
    {GH_SECTION_GATEWAY, "cookie_name", GH_TYPE_TEXT, AT_GATEWAY(cookie_name),
     "__Host-id", 8, 64, NULL, NULL,
     "Name of the session cookie. It begins with __Host-, so that browsers "
     "hold it to this host and to HTTPS."},
    {GH_SECTION_GATEWAY, "pages", GH_TYPE_TEXT, AT_GATEWAY(pages), "", 0, 4096,
     NULL, NULL,
     "Folder with pages of your own: page.html, login.html, logout.html, "
     "logged-out.html, account.html, not-me.html, session.html, "
     "password.html, preferences.html, help.html, style.css. What is missing "
     "there, or everything when this is empty, is built in. Read at start and "
     "at reload."},
    {GH_SECTION_GATEWAY, "hsts", GH_TYPE_WORD, AT_GATEWAY(hsts), "on", 0, 0,
     "off on", NULL,
     "Strict-Transport-Security on the gateway's own pages, two years, "
     "subdomains included. off when the web server sends it."},
    {GH_SECTION_GATEWAY, "log_level", GH_TYPE_WORD, AT_GATEWAY(log_level),
     "info", 0, 0, "error warning info debug", NULL,
     "Least important lines that are still written."},
    {GH_SECTION_GATEWAY, "access_log", GH_TYPE_WORD, AT_GATEWAY(access_log),
     "on", 0, 0, "off on", NULL, "One line for every exchange."},

    {GH_SECTION_ENTRY, "kind", GH_TYPE_WORD, AT_ENTRY(kind), "public", 0, 0,
     "public operations", NULL,
     "What the entry is for. public: people and applications. operations: "
     "health/live, health/ready and metrics below base_path, and nothing "
     "else; TLS is not asked for there, and origins may begin with http://."},
    {GH_SECTION_ENTRY, "socket", GH_TYPE_TEXT, AT_ENTRY(socket), NULL, 1, 107,
     NULL, "/run/gatehouse/public.sock",
     "Path of the unix socket. When systemd passes a socket of the entry's "
     "name, that one is used. Changing it needs a restart."},
    {GH_SECTION_ENTRY, "mode", GH_TYPE_MODE, AT_ENTRY(mode), "0660", 0, 0770,
     NULL, NULL, "File mode of the socket."},
    {GH_SECTION_ENTRY, "group", GH_TYPE_TEXT, AT_ENTRY(group), "", 0, 64, NULL,
     "www-data", "Group of the socket: the web server's. Empty: our own."},
    {GH_SECTION_ENTRY, "peers", GH_TYPE_TEXT, AT_ENTRY(peers_text), "", 0, 1024,
     NULL, "www-data",
     "Accounts whose processes may connect, separated by commas. Empty: "
     "whoever the socket's mode lets in."},
    {GH_SECTION_ENTRY, "origins", GH_TYPE_TEXT, AT_ENTRY(origins_text), NULL, 1,
     4000, NULL, "https://www.example.org",
     "Addresses under which people reach this entry, separated by commas. "
     "Requests for any other host are refused (421)."},
    {GH_SECTION_ENTRY, "trusted_proxies", GH_TYPE_TEXT, AT_ENTRY(proxies_text),
     "", 0, 4000, NULL, NULL,
     "Networks whose X-Forwarded-For is believed, separated by commas. "
     "Empty: the client is whoever connected to the web server."},

    {GH_SECTION_LIMITS, "connections", GH_TYPE_NUMBER, AT_LIMITS(connections),
     "4096", 1, 1000000, NULL, NULL,
     "Connections from web servers. At the limit the longest idle one is "
     "closed; when none is idle, new ones wait."},
    {GH_SECTION_LIMITS, "params", GH_TYPE_SIZE, AT_LIMITS(params), "64K", KIB,
     MIB / 2, NULL, NULL,
     "FastCGI parameters of one request, header fields included (431)."},
    {GH_SECTION_LIMITS, "fields", GH_TYPE_NUMBER, AT_LIMITS(fields), "100", 1,
     1000, NULL, NULL, "Header fields of one request (431)."},
    {GH_SECTION_LIMITS, "field", GH_TYPE_SIZE, AT_LIMITS(field), "16K", 256,
     MIB / 2, NULL, NULL, "One header field's value (431)."},
    {GH_SECTION_LIMITS, "path", GH_TYPE_SIZE, AT_LIMITS(path), "4K", 64,
     64 * KIB, NULL, NULL, "The path of one request, as sent (414)."},
    {GH_SECTION_LIMITS, "body", GH_TYPE_SIZE, AT_LIMITS(body), "1G", 0,
     1024 * GIB, NULL, NULL, "The body of one request (413)."},
    {GH_SECTION_LIMITS, "answer_head", GH_TYPE_SIZE, AT_LIMITS(answer_head),
     "64K", KIB, 256 * KIB, NULL, NULL,
     "Status line and header fields of an application's answer (502)."},
    {GH_SECTION_LIMITS, "answer_fields", GH_TYPE_NUMBER,
     AT_LIMITS(answer_fields), "200", 1, 1000, NULL, NULL,
     "Header fields of an application's answer (502)."},

    {GH_SECTION_TIMEOUTS, "params", GH_TYPE_DURATION, AT_TIMEOUTS(params),
     "10s", 10, HOUR, NULL, NULL,
     "From a request's first byte to the end of its parameters."},
    {GH_SECTION_TIMEOUTS, "body", GH_TYPE_DURATION, AT_TIMEOUTS(body), "60s",
     10, HOUR, NULL, NULL, "Silence of the client inside a body."},
    {GH_SECTION_TIMEOUTS, "connect", GH_TYPE_DURATION, AT_TIMEOUTS(connect),
     "3s", 10, HOUR, NULL, NULL, "Connecting to an application (504)."},
    {GH_SECTION_TIMEOUTS, "first_byte", GH_TYPE_DURATION,
     AT_TIMEOUTS(first_byte), "30s", 10, HOUR, NULL, NULL,
     "Until an application begins its answer (504)."},
    {GH_SECTION_TIMEOUTS, "silence", GH_TYPE_DURATION, AT_TIMEOUTS(silence),
     "60s", 10, 24 * HOUR, NULL, NULL,
     "Silence of an application inside its answer, or while it does not "
     "take a body."},
    {GH_SECTION_TIMEOUTS, "send", GH_TYPE_DURATION, AT_TIMEOUTS(send), "60s",
     10, HOUR, NULL, NULL, "While the web server does not take our answer."},
    {GH_SECTION_TIMEOUTS, "idle", GH_TYPE_DURATION, AT_TIMEOUTS(idle), "75s",
     10, 24 * HOUR, NULL, NULL,
     "A kept connection without a request. Longer than the web server's own "
     "limit, so that it never sends into a connection that we close."},
    {GH_SECTION_TIMEOUTS, "drain", GH_TYPE_DURATION, AT_TIMEOUTS(drain), "30s",
     0, HOUR, NULL, NULL,
     "After SIGTERM: how long running exchanges may still take."},

    {GH_SECTION_DATABASE, "dsn", GH_TYPE_SECRET, AT_DATABASE(dsn), "", 0, 1000,
     NULL, NULL,
     "Connection string of the gateway's own role, as libpq takes it. Over "
     "TCP it must say sslmode=verify-full."},
    {GH_SECTION_DATABASE, "admin_dsn", GH_TYPE_SECRET, AT_DATABASE(admin_dsn),
     "", 0, 1000, NULL, NULL,
     "Connection string that gatehousectl(1) uses. The gateway does not."},
    {GH_SECTION_DATABASE, "listen", GH_TYPE_WORD, AT_DATABASE(listen), "on", 0,
     0, "off on", NULL,
     "Whether to LISTEN for changes, on one connection more, so that they "
     "count "
     "within milliseconds. off: a few times a second the database is asked, "
     "which is done in any case. Changing it needs a restart."},
    {GH_SECTION_DATABASE, "listen_dsn", GH_TYPE_SECRET, AT_DATABASE(listen_dsn),
     "", 0, 1000, NULL, NULL,
     "Connection string for that, when dsn leads to a pooler that does not "
     "pass notifications on. Empty: dsn. Changing it needs a restart."},
    {GH_SECTION_DATABASE, "connections", GH_TYPE_NUMBER,
     AT_DATABASE(connections), "2", 1, 64, NULL, NULL,
     "Connections that each worker keeps open."},
    {GH_SECTION_DATABASE, "connect", GH_TYPE_DURATION, AT_DATABASE(connect),
     "3s", 100, MINUTE, NULL, NULL, "Connecting to one host."},
    {GH_SECTION_DATABASE, "query", GH_TYPE_DURATION, AT_DATABASE(query), "2s",
     100, MINUTE, NULL, NULL,
     "Waiting for one statement. After that the answer is 503."},
    {GH_SECTION_DATABASE, "maintain", GH_TYPE_DURATION, AT_DATABASE(maintain),
     "1m", 0, 15 * MINUTE, NULL, NULL,
     "How often to end sessions that ran out, remove old ones, make the audit "
     "trail's partitions, close access reviews that are due and look whether "
     "all guards are on; also done at every start. 0s: something else calls "
     "gatehouse.maintain()."},

    {GH_SECTION_KEYS, "file", GH_TYPE_TEXT, AT_KEYS(file), "", 0, 4096, NULL,
     NULL,
     "The key ring that gatehousectl key generate wrote. It belongs to root or "
     "the gateway's account, with mode 0400, 0600 or 0440. Needed with a "
     "database."},

    {GH_SECTION_PASSWORD, "memory", GH_TYPE_SIZE, AT_PASSWORD(memory), "64M",
     12 * MIB, GIB, NULL, NULL,
     "Memory of one Argon2id hash. With passes it must not be weaker than "
     "46M and 1, 19M and 2, or 12M and 3."},
    {GH_SECTION_PASSWORD, "passes", GH_TYPE_NUMBER, AT_PASSWORD(passes), "3", 1,
     20, NULL, NULL, "Passes over that memory."},
    {GH_SECTION_PASSWORD, "threads", GH_TYPE_NUMBER, AT_PASSWORD(threads), "2",
     1, 64, NULL, NULL, "Hashes that are computed at once."},
    {GH_SECTION_PASSWORD, "queue", GH_TYPE_NUMBER, AT_PASSWORD(queue), "64", 1,
     10000, NULL, NULL,
     "Hashes that may wait; one more sign-in is answered 503, and no guess "
     "is counted."},
    {GH_SECTION_PASSWORD, "fail_delay", GH_TYPE_DURATION,
     AT_PASSWORD(fail_delay), "250ms", 0, 5 * SECOND, NULL, NULL,
     "From the form to the answer when a sign-in fails, whatever the reason."},
    {GH_SECTION_PASSWORD, "fail_jitter", GH_TYPE_DURATION,
     AT_PASSWORD(fail_jitter), "85ms", 0, 5 * SECOND, NULL, NULL,
     "And up to so much more, at random."},

    {GH_SECTION_SESSION, "idle", GH_TYPE_DURATION, AT_SESSION(idle), "30m",
     MINUTE, HOUR, NULL, NULL,
     "A session ends after so long without a request."},
    {GH_SECTION_SESSION, "absolute", GH_TYPE_DURATION, AT_SESSION(absolute),
     "12h", 5 * MINUTE, 24 * HOUR, NULL, NULL,
     "A session ends after so long, whatever happens."},
    {GH_SECTION_SESSION, "per_account", GH_TYPE_NUMBER, AT_SESSION(per_account),
     "10", 1, 100, NULL, NULL,
     "Sessions of one account at once. A new one ends the oldest."},
    {GH_SECTION_SESSION, "renew", GH_TYPE_DURATION, AT_SESSION(renew), "15m", 0,
     HOUR, NULL, NULL,
     "Age at which a session's token is renewed, with the next answer of an "
     "application that the gateway forwards; not before the overlap of the "
     "one before is over. 0s: never."},
    {GH_SECTION_SESSION, "overlap", GH_TYPE_DURATION, AT_SESSION(overlap),
     "60s", SECOND, 2 * MINUTE, NULL, NULL,
     "How long the old token is good after the browser has brought the new "
     "one. Used later it ends the session, as somebody else may have it."},
    {GH_SECTION_SESSION, "freshness", GH_TYPE_DURATION, AT_SESSION(freshness),
     "1s", 0, 10 * SECOND, NULL, NULL,
     "How long a session, once found, may be used without asking the database "
     "again: at most so long after a change there, the change counts in every "
     "gateway. 0s: a change counts for every request that comes after it, as "
     "it always does for an application in a strict zone."},
    {GH_SECTION_SESSION, "cache", GH_TYPE_NUMBER, AT_SESSION(cache), "100000",
     0, 10000000, NULL, NULL,
     "Sessions that are remembered, about 600 bytes each. Of more, the least "
     "recently used are asked for again. 0: every request asks. Changing it "
     "needs a restart."},

    {GH_SECTION_PLACE, "country", GH_TYPE_TEXT, AT_PLACE(country), "", 0, 4000,
     NULL, NULL,
     "Absolute path of a database that has country.iso_code, such as "
     "GeoLite2-Country. Empty: no client's country is known, so no condition "
     "that asks for one holds, nor its negation."},
    {GH_SECTION_PLACE, "asn", GH_TYPE_TEXT, AT_PLACE(asn), "", 0, 4000, NULL,
     NULL,
     "Absolute path of one that has autonomous_system_number, such as "
     "GeoLite2-ASN; it may be the same file. Empty: no system is known."},
    {GH_SECTION_PLACE, "travel", GH_TYPE_DURATION, AT_PLACE(travel), "30m", 0,
     24 * HOUR, NULL, NULL,
     "When somebody signs in from another country than the last time, less "
     "than "
     "this before, that is the event authn_impossible_travel, and they find it "
     "on the page about their account. Nobody is refused by it. Longer finds "
     "more, and more who only crossed a border or switched a VPN on. 0s: no "
     "such event."},

    {GH_SECTION_APPLICATION, "host", GH_TYPE_TEXT, AT_APPLICATION(host), "", 0,
     253, NULL, NULL,
     "Host name under which it is reached. Empty: every host of the origins."},
    {GH_SECTION_APPLICATION, "path", GH_TYPE_TEXT, AT_APPLICATION(path), NULL,
     1, 1024, NULL, "/",
     "Path prefix under which it is reached, by whole segments. The longest "
     "matching prefix wins. The path is handed on unchanged."},
    {GH_SECTION_APPLICATION, "backend", GH_TYPE_TEXT, AT_APPLICATION(backend),
     NULL, 1, 512, NULL, "http://127.0.0.1:8080",
     "Where it lives: http://host:port, or http://unix:/path/of.sock. Names "
     "are looked up when the configuration is read."},
    {GH_SECTION_APPLICATION, "access", GH_TYPE_WORD, AT_APPLICATION(access),
     NULL, 0, 0, "nobody public account", "public",
     "Who may reach it. public: everybody. account: whoever is signed in, "
     "which is nobody without a database (401). nobody: it is refused to "
     "everybody (403)."},
    {GH_SECTION_APPLICATION, "connections", GH_TYPE_NUMBER,
     AT_APPLICATION(connections), "256", 1, 100000, NULL, NULL,
     "Requests it is given at once; one more is answered 503."},
    {GH_SECTION_APPLICATION, "keep", GH_TYPE_NUMBER, AT_APPLICATION(keep), "64",
     0, 10000, NULL, NULL, "Idle connections kept open, per worker."},
    {GH_SECTION_APPLICATION, "encoded_slash", GH_TYPE_WORD,
     AT_APPLICATION(encoded_slash), "refuse", 0, 0, "refuse keep", NULL,
     "%2F in the path: refuse (400), or keep and hand on."},
    {GH_SECTION_APPLICATION, "semicolon", GH_TYPE_WORD,
     AT_APPLICATION(semicolon), "refuse", 0, 0, "refuse keep", NULL,
     "A semicolon in the path: refuse (400), or keep and hand on."},
    {GH_SECTION_APPLICATION, "empty_segments", GH_TYPE_WORD,
     AT_APPLICATION(empty_segments), "refuse", 0, 0, "refuse keep", NULL,
     "// in the path: refuse (400), or keep and hand on."},
    {GH_SECTION_APPLICATION, "authorization", GH_TYPE_WORD,
     AT_APPLICATION(pass_authorization), "drop", 0, 0, "drop pass", NULL,
     "The client's Authorization field: drop it, or pass it on."},
};

const size_t gh_n_settings = GH_COUNT(gh_setting_table);
