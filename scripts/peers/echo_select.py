"""One thread, which passes all its sockets to the kernel at every call of select(2), up to descriptor 1023.

    python3 echo_select.py PORT
"""

import errno
import select
import socket
import sys

HELD = 65536  # Most bytes of unread echo; at that size nothing more is read from a client.
LIMIT = 1000  # Most clients at a time, because select takes descriptors below 1024 only; others wait in the accept queue.

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
waiting = {}  # The bytes that each client is still owed.
leaving = set()  # Clients that have sent their last byte.


def accept():
    """Accepts one client; false if there is no descriptor for it."""
    try:
        client, _ = listener.accept()
    except OSError as error:  # Without EMFILE: the client has disconnected before it was accepted.
        return error.errno != errno.EMFILE
    client.setblocking(False)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    waiting[client] = bytearray()
    return True


def read(client):
    data = client.recv(16384)
    if not data:
        leaving.add(client)
    waiting[client] += data


def write(client):
    del waiting[client][: client.send(waiting[client])]


def turn(client, readable):
    """One read and one write; true if the client stays."""
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


room = True  # Without a free descriptor the listener stays readable; watching it would be a busy loop.
while True:
    hungry = [c for c, owed in waiting.items() if len(owed) < HELD and c not in leaving]
    owed = [c for c, owed in waiting.items() if owed]
    listen = [listener] if room and len(waiting) < LIMIT else []
    readable, writable, _ = select.select(hungry + listen, owed, [])
    if listener in readable:
        readable.remove(listener)
        room = accept()
    readable = set(readable)
    for client in readable.union(writable):
        if not turn(client, client in readable):
            leaving.discard(client)
            del waiting[client]
            client.close()
            room = True
