"""One thread, which hands the kernel lists of all its sockets at every call of select(2), up to descriptor 1023.

    python3 echo_select.py PORT
"""

import select
import socket
import sys

HELD = 65536  # Bytes of echo that a client may leave untaken before nothing more is read from it.
LIMIT = 1000  # Clients at a time, since select knows no descriptor from 1024 on; more wait in the accept queue.

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
waiting = {}  # What each client is still owed.
leaving = set()  # Clients that have said all they had to say.


def accept():
    try:
        client, _ = listener.accept()
    except OSError:
        return  # It has gone before its turn came.
    client.setblocking(False)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    waiting[client] = bytearray()


def read(client):
    data = client.recv(16384)
    if not data:
        leaving.add(client)
    waiting[client] += data


def write(client):
    del waiting[client][: client.send(waiting[client])]


def turn(client, readable):
    """One read and one write; says whether the client stays."""
    try:
        if readable:
            read(client)
        if waiting[client]:
            write(client)
    except BlockingIOError:
        pass
    except OSError:
        return False
    return bool(waiting[client]) or client not in leaving


while True:
    hungry = [c for c, owed in waiting.items() if len(owed) < HELD and c not in leaving]
    owed = [c for c, owed in waiting.items() if owed]
    listen = [listener] if len(waiting) < LIMIT else []
    readable, writable, _ = select.select(hungry + listen, owed, [])
    if listener in readable:
        readable.remove(listener)
        accept()
    readable = set(readable)
    for client in readable.union(writable):
        if not turn(client, client in readable):
            leaving.discard(client)
            del waiting[client]
            client.close()
