# WRONG, on purpose: a client that resets its connection ends the server, because nothing catches that exception.
# base: correct/selector_loop.py
# caught-by: a_reset_harms_nobody
# also: a_client_that_never_reads_delays_nobody, a_full_connection_costs_no_cpu_time

import errno
import resource
import selectors
import socket
import sys

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
HELD = 1 << 20  # Most bytes of echo that wait for room; with that many the server reads nothing more from the client.
FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Client:
    def __init__(self, stream):
        stream.setblocking(False)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = stream
        self.owed = bytearray()
        self.ended = False

    def wants(self):
        reading = not self.ended and len(self.owed) < HELD
        return (READ if reading else 0) | (WRITE if self.owed else 0)

    def read(self):
        data = self.stream.recv(16384)
        self.ended = not data
        self.owed += data

    def write(self):
        sent = self.stream.send(self.owed)
        del self.owed[:sent]


def accept():
    try:
        client = Client(listener.accept()[0])
    except OSError as error:
        if error.errno in FULL:  # The listener would stay ready, so nothing asks for it until a client has left.
            selector.unregister(listener)
    else:
        selector.register(client.stream, client.wants(), client)


def serve(client, events):
    before = client.wants()
    try:
        if events & READ:
            client.read()
        if client.owed:
            client.write()
    except BlockingIOError:
        pass
    wants = client.wants()
    if not wants:
        leave(client)
    elif wants != before:
        selector.modify(client.stream, wants, client)


def leave(client):
    selector.unregister(client.stream)
    client.stream.close()
    if listener not in selector.get_map():
        selector.register(listener, READ)


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
selector = selectors.DefaultSelector()
selector.register(listener, READ)

while True:
    for key, events in selector.select():
        if key.fileobj is listener:
            accept()
        else:
            serve(key.data, events)
