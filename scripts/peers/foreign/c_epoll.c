// One thread with epoll(7), edge-triggered.
//
//     cc -O2 -o c_epoll c_epoll.c && ./c_epoll PORT
#define _GNU_SOURCE  // For accept4.
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

// The bytes that a client is owed. Nothing is read from a client that is owed any.
struct client {
    int fd;
    size_t begin, end;
    char data[16384];
};

static int listener, epoll;
static int starved;  // True if `accept` has failed because no descriptor was free.

static void accept_all(void) {
    for (;;) {
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK);
        if (fd < 0 && errno == EAGAIN) return;
        if (fd < 0 && (errno == EMFILE || errno == ENFILE)) {
            starved = 1;  // No edge tells that a descriptor is free again: the next client that leaves does.
            return;
        }
        if (fd < 0) continue;  // The client has disconnected before it was accepted.
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        struct client *client = calloc(1, sizeof *client);
        client->fd = fd;
        struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = client};
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

// Reads and writes until neither is possible. Returns 0 if the client has left.
static int serve(struct client *client) {
    for (;;) {
        while (client->begin < client->end) {
            ssize_t n = send(client->fd, client->data + client->begin, client->end - client->begin, MSG_NOSIGNAL);
            if (n < 0) return errno == EAGAIN;
            client->begin += n;
        }
        ssize_t n = recv(client->fd, client->data, sizeof client->data, 0);
        if (n == 0) return 0;
        if (n < 0) return errno == EAGAIN;
        client->begin = 0;
        client->end = n;
    }
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(argc > 1 ? atoi(argv[1]) : 7007),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
        perror("cannot listen");
        return 1;
    }
    epoll = epoll_create1(0);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = NULL};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &event);
    for (;;) {
        struct epoll_event events[256];
        int count = epoll_wait(epoll, events, 256, -1);
        for (int i = 0; i < count; i++) {
            struct client *client = events[i].data.ptr;
            if (client == NULL) {
                accept_all();
            } else if (!serve(client)) {
                close(client->fd);
                free(client);
                if (starved) {
                    starved = 0;
                    accept_all();
                }
            }
        }
    }
}
