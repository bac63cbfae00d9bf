// WRONG, on purpose: the list of clients has 64 entries, and clients beyond it are closed.
// base: correct/poll_loop.c
// caught-by: serves_as_many_at_once_as_it_declares
// also: two_hundred_at_once_in_random_order

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    size_t begin, end; // the bytes between them are not sent yet
    char buffer[16384];
};

static struct pollfd *fds; // the listener, and then one entry a client
static struct client **clients;
static int entries, room;

static void must(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int is_full(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void make_room(void) {
    room = 64;
    fds = realloc(fds, room * sizeof *fds);
    clients = realloc(clients, room * sizeof *clients);
    must(fds && clients ? 0 : -1, "realloc");
}

static void add(int fd) {
    if (entries == room) {
        close(fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    clients[entries] = calloc(1, sizeof **clients);
    must(clients[entries] ? 0 : -1, "calloc");
    fds[entries] = (struct pollfd){.fd = fd, .events = POLLIN};
    entries++;
}

static void accept_client(void) {
    int fd = accept4(fds[0].fd, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= 0)
        add(fd);
    else if (is_full(errno))
        fds[0].events = 0; // the listener would stay ready, so nothing asks for it until a client has left
}

// Reads once, if nothing is left to send, and writes once. Returns 0 if the client has ended.
static int turn(int fd, struct client *client) {
    ssize_t n;
    if (client->begin == client->end) {
        n = recv(fd, client->buffer, sizeof client->buffer, 0);
        if (n <= 0)
            return n < 0 && (errno == EAGAIN || errno == EINTR);
        client->begin = 0;
        client->end = n;
    }
    n = send(fd, client->buffer + client->begin, client->end - client->begin, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    client->begin += n;
    return 1;
}

// The last entry takes the place of this one.
static void leave(int i) {
    close(fds[i].fd);
    free(clients[i]);
    entries--;
    fds[i] = fds[entries];
    clients[i] = clients[entries];
    fds[0].events = POLLIN;
}

static void serve(int i) {
    if (turn(fds[i].fd, clients[i]))
        fds[i].events = clients[i]->begin < clients[i]->end ? POLLOUT : POLLIN;
    else
        leave(i);
}

static int listen_on(int port) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)), "SO_REUSEADDR");
    must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
    must(listen(listener, 4096), "listen");
    return listener;
}

int main(int argc, char **argv) {
    must(argc == 2 ? 0 : -1, "needs a port");
    make_room();
    fds[0] = (struct pollfd){.fd = listen_on(atoi(argv[1])), .events = POLLIN};
    clients[0] = NULL;
    entries = 1;
    for (;;) {
        int n = poll(fds, entries, -1);
        if (n < 0 && errno == EINTR)
            continue;
        must(n, "poll");
        // From the last entry to the first: an entry that moves has had its turn.
        for (int i = entries - 1; i > 0; i--)
            if (fds[i].revents)
                serve(i);
        if (fds[0].revents)
            accept_client();
    }
}
