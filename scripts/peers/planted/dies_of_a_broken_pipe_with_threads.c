// WRONG, on purpose: the server does not ignore SIGPIPE, so sending to a client that has gone kills all its threads.
// base: correct/threads.c
// caught-by: a_reset_harms_nobody
// also: a_client_that_never_reads_delays_nobody, a_full_connection_costs_no_cpu_time

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static unsigned long departures;

static void must(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int is_full(int error) {
    return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

static unsigned long count_departures(void) {
    pthread_mutex_lock(&lock);
    unsigned long now = departures;
    pthread_mutex_unlock(&lock);
    return now;
}

static void wait_for_a_departure_after(unsigned long before) {
    pthread_mutex_lock(&lock);
    while (departures == before)
        pthread_cond_wait(&changed, &lock);
    pthread_mutex_unlock(&lock);
}

// An error ends the conversation at one of the next calls of recv.
static void write_all(int fd, const char *bytes, size_t length) {
    while (length > 0) {
        ssize_t n = send(fd, bytes, length, 0);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return;
        bytes += n;
        length -= n;
    }
}

static void *serve(void *argument) {
    int fd = (int)(intptr_t)argument;
    char buffer[16384];
    ssize_t n;
    while ((n = recv(fd, buffer, sizeof buffer, 0)) > 0)
        write_all(fd, buffer, n);
    close(fd);
    pthread_mutex_lock(&lock);
    departures++;
    pthread_cond_signal(&changed);
    pthread_mutex_unlock(&lock);
    return NULL;
}

static void start(int fd) {
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 64 << 10);
    for (;;) {
        pthread_t thread;
        unsigned long before = count_departures();
        if (pthread_create(&thread, &attributes, serve, (void *)(intptr_t)fd) == 0)
            break;
        wait_for_a_departure_after(before); // no further thread can be had until a client has left
    }
    pthread_attr_destroy(&attributes);
}

static int listen_on(int port) {
    struct rlimit limit;
    getrlimit(RLIMIT_NOFILE, &limit);
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
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
    for (;;) {
        unsigned long before = count_departures();
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0) {
            setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
            start(fd);
        } else if (is_full(errno))
            wait_for_a_departure_after(before);
    }
}
