// WRONG, on purpose: after an error the server stops watching the client, and forgets to close its descriptor.
// base: correct/epoll_loop.c
// caught-by: descriptors_and_processes_return

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    int fd;
    unsigned interest;
    size_t begin, end; // the bytes between them are not sent yet
    char buffer[16384];
};

static int epoll, listener, watched;

static void must(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static void watch(int operation, int fd, unsigned interest, void *client) {
    struct epoll_event event = {.events = interest, .data.ptr = client};
    must(epoll_ctl(epoll, operation, fd, &event), "epoll_ctl");
}

static int is_full(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static void add(int fd) {
    struct client *client = malloc(sizeof *client);
    must(client ? 0 : -1, "malloc");
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    client->fd = fd;
    client->begin = client->end = 0;
    client->interest = EPOLLIN;
    watch(EPOLL_CTL_ADD, fd, client->interest, client);
}

static void accept_client(void) {
    int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
    if (fd >= 0)
        add(fd);
    else if (is_full(errno)) { // the listener would stay ready, so nothing asks for it until a client has left
        watch(EPOLL_CTL_DEL, listener, 0, NULL);
        watched = 0;
    }
}

// Reads once, if nothing is left to send, and writes once. Returns 0 if the client has ended, and -1 if it is broken.
static int turn(struct client *client) {
    ssize_t n;
    if (client->begin == client->end) {
        n = recv(client->fd, client->buffer, sizeof client->buffer, 0);
        if (n <= 0)
            return n == 0 ? 0 : errno == EAGAIN || errno == EINTR ? 1 : -1;
        client->begin = 0;
        client->end = n;
    }
    n = send(client->fd, client->buffer + client->begin, client->end - client->begin, MSG_NOSIGNAL);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR ? 1 : -1;
    client->begin += n;
    return 1;
}

static void leave(struct client *client) {
    close(client->fd);
    free(client);
    if (!watched) {
        watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
        watched = 1;
    }
}

static void serve(struct client *client) {
    int result = turn(client);
    if (result == 0)
        leave(client);
    else if (result < 0)
        watch(EPOLL_CTL_DEL, client->fd, 0, NULL);
    if (result <= 0)
        return;
    unsigned interest = client->begin < client->end ? EPOLLOUT : EPOLLIN;
    if (interest != client->interest)
        watch(EPOLL_CTL_MOD, client->fd, client->interest = interest, client);
}

static void listen_on(int port) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)), "SO_REUSEADDR");
    must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
    must(listen(listener, 4096), "listen");
}

int main(int argc, char **argv) {
    must(argc == 2 ? 0 : -1, "needs a port");
    listen_on(atoi(argv[1]));
    must(epoll = epoll_create1(0), "epoll_create1");
    watch(EPOLL_CTL_ADD, listener, EPOLLIN, NULL);
    watched = 1;
    for (;;) {
        struct epoll_event events[256];
        int n = epoll_wait(epoll, events, 256, -1);
        if (n < 0 && errno == EINTR)
            continue;
        must(n, "epoll_wait");
        for (int i = 0; i < n; i++)
            if (events[i].data.ptr)
                serve(events[i].data.ptr);
            else
                accept_client();
    }
}
