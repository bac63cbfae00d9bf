// A right echo server for datagrams: one socket, and blocking calls.
// transport: udp

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

static void must(int result, const char *what) {
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static int bind_to(int port) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    must(bind(server, (struct sockaddr *)&address, sizeof address), "bind");
    return server;
}

int main(int argc, char **argv) {
    must(argc == 2 ? 0 : -1, "needs a port");
    int server = bind_to(atoi(argv[1]));
    for (;;) {
        static char datagram[65536];
        struct sockaddr_in from;
        socklen_t length = sizeof from;
        ssize_t n = recvfrom(server, datagram, sizeof datagram, 0, (struct sockaddr *)&from, &length);
        if (n >= 0) // a datagram that cannot be sent is lost, as any datagram may be
            sendto(server, datagram, n, 0, (struct sockaddr *)&from, length);
    }
}
