/* SPDX-License-Identifier: Apache-2.0
 *
 * Hosts and origins: what may stand in a Host field and in the list of
 * origins, normalised so that equal means the same bytes. Owns nothing.
 * Refuses every loose form that another parser might read as something else:
 * 127.1, 0x7f000001, [::ffff:127.0.0.1], trailing dots, empty ports. Called
 * by parse and by settings.
 */
#include "web/host.h"

#include <string.h>

#include "base/banned.h"

enum {
    MAX_NAME = 253, /* bytes of a DNS name, RFC 1035 3.1 */
    MAX_LABEL = 63, /* bytes of one label */
    PORT_HTTP = 80, /* default ports */
    PORT_HTTPS = 443,
};

/* 1 to 63 letters, digits and "-", which is at neither end. */
static bool
is_label(struct gh_text label)
{
    const unsigned letters = GH_CLASS_ALPHA | GH_CLASS_DIGIT;

    if (label.len == 0 || label.len > MAX_LABEL)
        return false;
    for (size_t i = 0; i < label.len; i++) {
        unsigned char c = (unsigned char)label.at[i];

        if (c != '-' && !gh_class_has(c, letters))
            return false;
    }
    return label.at[0] != '-' && label.at[label.len - 1] != '-';
}

/* True for a last label that makes browsers read the whole name as an IPv4
 * address: decimal digits, or 0x and hexadecimal ones. */
static bool
is_number(struct gh_text label)
{
    if (gh_text_starts_nocase(label, GH_TEXT("0x")))
        return gh_text_all(gh_text_from(label, 2), GH_CLASS_HEX);
    return gh_text_all(label, GH_CLASS_DIGIT);
}

static bool
is_name(struct gh_text text)
{
    struct gh_address address;
    struct gh_text rest = text;
    struct gh_text label = {0};

    if (text.len == 0 || text.len > MAX_NAME)
        return false;
    while (gh_text_cut(&rest, '.', &label)) {
        if (!is_label(label))
            return false;
    }
    return !is_number(label) || gh_address_parse(text, &address) == GH_OK;
}

/* 1 to 65535 without leading zeros. */
static enum gh_status
read_port(struct gh_text text, uint16_t *out)
{
    uint64_t value;

    if (text.len > 0 && text.at[0] == '0')
        return GH_MALFORMED;
    if (gh_text_number(text, UINT16_MAX, &value) != GH_OK)
        return GH_MALFORMED;
    *out = (uint16_t)value;
    return GH_OK;
}

/* The parts of a Host value, checked but not normalised. Call lifetime. */
struct parts {
    struct gh_text name;       /* without brackets */
    struct gh_address address; /* when the name was in brackets */
    uint16_t port;             /* 0: none */
};

/* Takes "[address]" off *rest. An IPv4 address in disguise is refused. */
static enum gh_status
cut_brackets(struct gh_text *rest, struct parts *parts)
{
    size_t end = gh_text_find(*rest, ']');

    if (end == rest->len)
        return GH_MALFORMED;
    parts->name = gh_text_from(gh_text_first(*rest, end), 1);
    *rest = gh_text_from(*rest, end + 1);
    if (gh_address_parse(parts->name, &parts->address) != GH_OK)
        return GH_MALFORMED;
    return parts->address.family == 6 ? GH_OK : GH_MALFORMED;
}

/* Takes a DNS name or dotted decimal off *rest. */
static enum gh_status
cut_name(struct gh_text *rest, struct parts *parts)
{
    size_t end = gh_text_find(*rest, ':');

    parts->name = gh_text_first(*rest, end);
    *rest = gh_text_from(*rest, end);
    return is_name(parts->name) ? GH_OK : GH_MALFORMED;
}

static enum gh_status
split(struct gh_text raw, struct parts *out)
{
    bool is_v6 = raw.len > 0 && raw.at[0] == '[';
    struct parts parts = {0};
    enum gh_status status =
        is_v6 ? cut_brackets(&raw, &parts) : cut_name(&raw, &parts);

    if (status != GH_OK)
        return status;
    if (raw.len > 0 && raw.at[0] != ':')
        return GH_MALFORMED;
    if (raw.len > 0)
        status = read_port(gh_text_from(raw, 1), &parts.port);
    if (status != GH_OK)
        return status;
    *out = parts;
    return GH_OK;
}

/* The normalised name to at, which has room for MAX_NAME + 2; its length. */
static size_t
write_name(const struct parts *parts, char *at)
{
    size_t len;

    if (parts->address.family == 6) {
        at[0] = '[';
        len = 1 + gh_address_write(&parts->address, at + 1);
        at[len] = ']';
        return len + 1;
    }
    for (size_t i = 0; i < parts->name.len; i++)
        at[i] = gh_lower(parts->name.at[i]);
    return parts->name.len;
}

enum gh_status
gh_host_parse(struct gh_arena *arena, struct gh_text raw, struct gh_host *out)
{
    char name[MAX_NAME + 2];
    struct parts parts;
    struct gh_host host = {0};
    enum gh_status status = split(raw, &parts);

    if (status != GH_OK)
        return status;
    host.name = (struct gh_text){.at = name, .len = write_name(&parts, name)};
    host.port = parts.port;
    status = gh_arena_copy(arena, host.name, &host.name);
    if (status != GH_OK)
        return status;
    *out = host;
    return GH_OK;
}

/* Length of "https://" or "http://" at the start of raw; 0 for neither. */
static size_t
scheme_len(struct gh_text raw)
{
    if (gh_text_starts_nocase(raw, GH_TEXT("https://")))
        return sizeof("https://") - 1;
    if (gh_text_starts_nocase(raw, GH_TEXT("http://")))
        return sizeof("http://") - 1;
    return 0;
}

/* Decimal digits to at, which has room for 5; how many. */
static size_t
write_port(uint16_t port, char *at)
{
    size_t n = 0;

    for (unsigned unit = 10000; unit > 0; unit /= 10) {
        if (n > 0 || port >= unit)
            at[n++] = (char)('0' + port / unit % 10);
    }
    return n;
}

enum gh_status
gh_origin_parse(struct gh_arena *arena, struct gh_text raw,
                struct gh_origin *out)
{
    char at[sizeof("https://:65535") + MAX_NAME + 2];
    size_t begin = scheme_len(raw);
    bool is_https = begin == sizeof("https://") - 1;
    uint16_t usual = is_https ? PORT_HTTPS : PORT_HTTP;
    struct parts parts;
    struct gh_text text;
    size_t name_len;
    size_t len;

    if (begin == 0 || split(gh_text_from(raw, begin), &parts) != GH_OK)
        return GH_MALFORMED;
    if (parts.port == 0)
        parts.port = usual;

    memcpy(at, is_https ? "https://" : "http://", begin);
    name_len = write_name(&parts, at + begin);
    len = begin + name_len;
    if (parts.port != usual) {
        at[len++] = ':';
        len += write_port(parts.port, at + len);
    }
    text = (struct gh_text){.at = at, .len = len};
    if (gh_arena_copy(arena, text, &text) != GH_OK)
        return GH_FAULT_MEMORY;

    *out = (struct gh_origin){
        .text = text,
        .scheme = gh_text_first(text, begin - 3),
        .authority = gh_text_from(text, begin),
        .host = {.name = gh_text_first(gh_text_from(text, begin), name_len),
                 .port = parts.port},
    };
    return GH_OK;
}

bool
gh_origin_is_host(const struct gh_origin *origin, const struct gh_host *host)
{
    bool is_https = gh_text_equal(origin->scheme, GH_TEXT("https"));
    uint16_t usual = is_https ? PORT_HTTPS : PORT_HTTP;
    uint16_t port = host->port == 0 ? usual : host->port;

    return port == origin->host.port &&
           gh_text_equal(origin->host.name, host->name);
}
