"""One thread; select(2) with a write set, and a queue of messages for each client.

    python3 echo_select_queues.py PORT
"""

import errno
import select
import socket
import sys
from collections import deque

HELD = 16  # Most messages in a queue; at that number nothing more is read from a client.
LIMIT = 1000  # Most clients at a time, because select takes descriptors below 1024 only; others wait in the accept queue.

listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
queues = {}  # The messages that each client is still owed.
leaving = set()  # Clients that have sent their last byte.


def accept():
    """Accepts one client; false if there is no descriptor for it."""
    try:
        client, _ = listener.accept()
    except OSError as error:  # Without EMFILE: the client has disconnected before it was accepted.
        return error.errno != errno.EMFILE
    client.setblocking(False)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    queues[client] = deque()
    return True


def read(client):
    data = client.recv(16384)
    if data:
        queues[client].append(data)
    else:
        leaving.add(client)


def write(client):
    message = queues[client].popleft()
    sent = client.send(message)
    if sent < len(message):
        queues[client].appendleft(message[sent:])


def turn(client, act):
    """Reads or writes once; true if the client stays."""
    try:
        act(client)
    except BlockingIOError:
        pass
    except OSError:
        return False
    return bool(queues[client]) or client not in leaving


def close(client):
    leaving.discard(client)
    del queues[client]
    client.close()


room = True  # Without a free descriptor the listener stays readable; watching it would be a busy loop.
while True:
    reading = [c for c, queue in queues.items() if len(queue) < HELD and c not in leaving]
    writing = [c for c, queue in queues.items() if queue]
    listen = [listener] if room and len(queues) < LIMIT else []
    readable, writable, _ = select.select(listen + reading, writing, [])
    for ready, act in (readable, read), (writable, write):
        for client in ready:
            if client is listener:
                room = accept()
            elif client in queues and not turn(client, act):  # It may have left earlier in this turn.
                close(client)
                room = True
