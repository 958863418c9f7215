/* SPDX-License-Identifier: Apache-2.0
 *
 * A plain libfcgi responder, written as the library's own examples are: the
 * specimen on which each trap is shown to be real. It answers with the
 * parameters that it saw and the number of body bytes. Words in the URI make
 * it behave as careless programs do: "unread" leaves the body, "slow" works
 * for 600 ms, "exit7" sets an application status. Only wire_plain starts it.
 */
#include <fcgiapp.h>
#include <poll.h>
#include <string.h>

#include "base/banned.h"

/* Reads the body and counts it, as an application without a length check. */
static int
count_body(FCGX_Stream *in)
{
    char chunk[4096];
    int n;
    int total = 0;

    while ((n = FCGX_GetStr(chunk, sizeof(chunk), in)) > 0)
        total += n;
    return total;
}

static void
serve(FCGX_Request *request)
{
    const char *uri = FCGX_GetParam("REQUEST_URI", request->envp);
    int n = 0;

    if (uri == NULL)
        uri = "";
    if (strstr(uri, "slow") != NULL)
        poll(NULL, 0, 600);
    if (strstr(uri, "unread") == NULL)
        n = count_body(request->in);
    if (strstr(uri, "exit7") != NULL)
        FCGX_SetExitStatus(7, request->out);
    FCGX_FPrintF(request->out, "Status: 200 OK\r\n\r\nbody=%d\n", n);
    for (char **one = request->envp; *one != NULL; one++) {
        FCGX_PutStr(*one, (int)strlen(*one), request->out);
        FCGX_PutChar('\n', request->out);
    }
}

int
main(int argc, char **argv)
{
    FCGX_Request request;
    int fd;

    if (argc != 2 || FCGX_Init() != 0)
        return 2;
    fd = FCGX_OpenSocket(argv[1], 64);
    if (fd < 0 || FCGX_InitRequest(&request, fd, 0) != 0)
        return 1;
    while (FCGX_Accept_r(&request) == 0) {
        serve(&request);
        FCGX_Finish_r(&request);
    }
    return 0;
}
