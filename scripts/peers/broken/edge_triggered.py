"""WRONG, on purpose: an edge-triggered epoll server that reads once at each event."""

import select
import socket
import sys

server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
epoll = select.epoll()
epoll.register(server, select.EPOLLIN)
clients = {}

while True:
    for descriptor, event in epoll.poll():
        if descriptor == server.fileno():
            client, address = server.accept()
            clients[client.fileno()] = client
            epoll.register(client, select.EPOLLIN | select.EPOLLET)
            continue
        data = clients[descriptor].recv(1024)
        if data:
            clients[descriptor].sendall(data)
        else:
            epoll.unregister(descriptor)
            clients.pop(descriptor).close()
