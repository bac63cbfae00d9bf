// WRONG, on purpose: the parent does not close its copy of the client's descriptor, so the client never gets an end
// of file.
// base: correct/fork.c
// caught-by: a_message_with_the_end_behind_it
// also: descriptors_and_processes_return

#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

static void must(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

// Several children may have ended for one signal.
static void reap(int signal) {
    (void)signal;
    int saved = errno;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    errno = saved;
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
}

// A child must not outlive its parent: it would keep the port.
static void die_with(pid_t parent) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(0);
}

static void start(int fd) {
    pid_t parent = getpid(), child;
    while ((child = fork()) < 0)
        poll(NULL, 0, 10); // no further process can be had until a client has left
    if (child == 0) {
        die_with(parent);
        signal(SIGTERM, SIG_IGN); // a signal for all processes is the parent's to obey
        serve(fd);
        _exit(0);
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
    struct sigaction action = {.sa_handler = reap, .sa_flags = SA_RESTART | SA_NOCLDSTOP};
    must(sigaction(SIGCHLD, &action, NULL), "sigaction");
    int listener = listen_on(atoi(argv[1]));
    for (;;) {
        int fd = accept(listener, NULL, NULL);
        if (fd >= 0)
            start(fd);
        else if (errno == EMFILE || errno == ENFILE)
            poll(NULL, 0, 10); // other programs hold the descriptors: here a client's is closed at once
    }
}
