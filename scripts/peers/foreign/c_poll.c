// One thread with poll(2).
//
//     cc -O2 -o c_poll c_poll.c && ./c_poll PORT
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The bytes that a client is owed. Nothing is read from a client that is owed any.
struct owed {
    size_t begin, end;
    char data[16384];
};

static struct pollfd *polled;  // The listener, then the clients.
static struct owed **owed;     // For each client, at the same index.
static nfds_t count;

static void add(int fd) {
    polled = realloc(polled, (count + 1) * sizeof *polled);
    owed = realloc(owed, (count + 1) * sizeof *owed);
    polled[count] = (struct pollfd){.fd = fd, .events = POLLIN};
    owed[count] = calloc(1, sizeof **owed);
    count++;
}

// The last client takes the place of the one that leaves.
static void drop(nfds_t i) {
    close(polled[i].fd);
    free(owed[i]);
    count--;
    polled[i] = polled[count];
    owed[i] = owed[count];
    polled[0].events = POLLIN;  // A descriptor is free.
}

static void accept_one(void) {
    int client = accept(polled[0].fd, NULL, NULL);
    if (client >= 0) {
        fcntl(client, F_SETFL, O_NONBLOCK);
        setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        add(client);
    } else if ((errno == EMFILE || errno == ENFILE) && count > 1) {
        polled[0].events = 0;  // No descriptor is free. The listener would stay ready, and the loop would spin.
    }
}

// Reads or writes once. Returns 0 if the client has left.
static int turn(int client, struct owed *buffer) {
    ssize_t n;
    if (buffer->begin == buffer->end) {
        n = recv(client, buffer->data, sizeof buffer->data, 0);
        if (n == 0) return 0;
        if (n < 0) return errno == EAGAIN;
        buffer->begin = 0;
        buffer->end = n;
    }
    n = send(client, buffer->data + buffer->begin, buffer->end - buffer->begin, MSG_NOSIGNAL);
    if (n < 0) return errno == EAGAIN;
    buffer->begin += n;
    return 1;
}

int main(int argc, char **argv) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(argc > 1 ? atoi(argv[1]) : 7007),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
        perror("cannot listen");
        return 1;
    }
    add(listener);
    for (;;) {
        poll(polled, count, -1);
        for (nfds_t i = count - 1; i > 0; i--) {  // Backwards, because `drop` moves the last client.
            if (polled[i].revents == 0) continue;
            if (!turn(polled[i].fd, owed[i])) drop(i);
            else polled[i].events = owed[i]->begin < owed[i]->end ? POLLOUT : POLLIN;
        }
        if (polled[0].revents) accept_one();
    }
}
