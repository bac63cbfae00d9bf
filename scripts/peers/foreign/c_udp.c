// Datagrams, one after another.
//
//     cc -O2 -o c_udp c_udp.c && ./c_udp PORT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(argc > 1 ? atoi(argv[1]) : 7007),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int server = socket(AF_INET, SOCK_DGRAM, 0);
    if (bind(server, (struct sockaddr *)&address, sizeof address) < 0) {
        perror("cannot bind");
        return 1;
    }
    static char data[65535];  // One call returns one datagram, and cuts off what has no room.
    for (;;) {
        struct sockaddr_in client;
        socklen_t length = sizeof client;
        ssize_t n = recvfrom(server, data, sizeof data, 0, (struct sockaddr *)&client, &length);
        if (n >= 0) sendto(server, data, n, 0, (struct sockaddr *)&client, length);  // The reply may be lost.
    }
}
