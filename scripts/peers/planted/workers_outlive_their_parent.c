// WRONG, on purpose: the workers live on when the server is stopped, and keep the port.
// base: correct/prefork.c
// caught-by: stop_while_idle
// expect: at-most:4

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

enum { WORKERS = 4 };

static void must(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return 0;
        bytes += n;
        length -= n;
    }
    return 1;
}

static void serve(int fd) {
    char buffer[16384];
    ssize_t n;
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0 && write_all(fd, buffer, n))
        ;
    close(fd);
}

static void work(int listener) {
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0)
            serve(fd);
    }
}

static void start_worker(int listener) {
    pid_t child = fork();
    must(child, "fork");
    if (child == 0) {
        signal(SIGTERM, SIG_IGN); // a signal for all processes is the parent's to obey
        work(listener);
    }
}

static int listen_on(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    must(setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int)), "SO_REUSEADDR");
    must(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
    must(listen(listener, 4096), "listen");
    return listener;
}

int main(int argc, char **argv) {
    must(argc == 2 ? 0 : -1, "needs a port");
    int listener = listen_on(atoi(argv[1]));
    for (int i = 0; i < WORKERS; i++)
        start_worker(listener);
    while (wait(NULL) > 0)
        start_worker(listener); // it takes the place of one that was killed
}
