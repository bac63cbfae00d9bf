/*
 * An echo server: it sends back to each client what that client sends.
 *
 *     make && ./server PORT
 *
 * This is a skeleton. It starts and listens, and it closes each connection at once.
 * Look for GAP.
 */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static void die(const char *what)
{
    perror(what);
    exit(EXIT_FAILURE);
}

/* Serves one client, until the client has sent its last byte and has all bytes back. */
static void serve(int client)
{
    /* GAP, step 1: read bytes and write all of them back, again and again. How does the
       client say that it is done? */
    /* GAP, step 1: `write` may write only a part. And which signal comes if the client
       has vanished? */
    (void)client;
}

static int listen_on(unsigned short port)
{
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(port),
        .sin_addr = {.s_addr = htonl(INADDR_LOOPBACK)},
    };
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    if (listener < 0)
        die("socket");
    /* GAP, step 1: stop the server while a client is connected, and start it again at
       once. Which socket option is missing? */
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0)
        die("bind");
    if (listen(listener, 128) < 0)
        die("listen");
    return listener;
}

int main(int count, char **arguments)
{
    if (count != 2) {
        fprintf(stderr, "usage: %s PORT\n", arguments[0]);
        return 2;
    }
    int listener = listen_on((unsigned short)atoi(arguments[1]));
    for (;;) {
        int client = accept(listener, NULL, NULL);
        /* GAP, step 1: `accept` can fail. Which errors should end the server, and which
           should not? */
        if (client < 0)
            die("accept");
        /* GAP, step 2: the next client should not wait until this one leaves. */
        serve(client);
        close(client);
    }
}
