"""A nonblocking loop: asks every client in turn whether it has sent something, and never waits. It uses a whole CPU.

    python3 echo_nonblocking.py PORT
"""

import socket
import sys

HELD = 65536  # Most bytes of unread echo; at that size nothing more is read from a client.

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
clients = {}  # The bytes that each client is still owed.
leaving = set()  # Clients that have sent their last byte.


def accept():
    try:
        client, _ = listener.accept()
    except OSError:
        return  # No client is waiting, or it has disconnected before it was accepted.
    client.setblocking(False)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    clients[client] = bytearray()


def read(client):
    if client in leaving or len(clients[client]) >= HELD:
        return
    try:
        data = client.recv(16384)
    except BlockingIOError:
        return  # Nothing has come. Ask again in the next turn.
    if not data:
        leaving.add(client)
    clients[client] += data


def write(client):
    try:
        del clients[client][: client.send(clients[client])]
    except BlockingIOError:
        pass  # The client does not read. Try again in the next turn.


def turn(client):
    """One read and one write; true if the client stays."""
    try:
        read(client)
        if clients[client]:
            write(client)
    except OSError:
        return False
    return bool(clients[client]) or client not in leaving


while True:
    accept()
    for client in list(clients):  # A copy, because clients leave during the loop.
        if not turn(client):
            leaving.discard(client)
            del clients[client]
            client.close()
