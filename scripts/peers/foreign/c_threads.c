// A thread per client, with blocking calls.
//
//     cc -O2 -pthread -o c_threads c_threads.c && ./c_threads PORT
#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

static int send_all(int client, const char *data, size_t length) {
    while (length > 0) {
        ssize_t sent = send(client, data, length, MSG_NOSIGNAL);
        if (sent < 0) return -1;
        data += sent;
        length -= sent;
    }
    return 0;
}

static void *serve(void *argument) {
    int client = (intptr_t)argument;
    char data[16384];
    ssize_t length;
    setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    while ((length = recv(client, data, sizeof data, 0)) > 0)
        if (send_all(client, data, length) < 0) break;  // The client has disconnected.
    close(client);
    return NULL;
}

// A pause while descriptors or threads are used up. Without it the loop would use a whole CPU.
static void pause_briefly(void) { poll(NULL, 0, 100); }

int main(int argc, char **argv) {
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons(argc > 1 ? atoi(argv[1]) : 7007),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &(int){1}, sizeof(int));
    if (bind(listener, (struct sockaddr *)&address, sizeof address) < 0 || listen(listener, 4096) < 0) {
        perror("cannot listen");
        return 1;
    }
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 64 << 10);
    pthread_attr_setdetachstate(&small, PTHREAD_CREATE_DETACHED);
    for (;;) {
        int client = accept(listener, NULL, NULL);
        if (client < 0) {
            pause_briefly();
            continue;
        }
        pthread_t thread;
        while (pthread_create(&thread, &small, serve, (void *)(intptr_t)client) != 0) pause_briefly();
    }
}
