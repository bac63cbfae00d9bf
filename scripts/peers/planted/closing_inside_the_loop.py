# WRONG, on purpose: the server closes a broken client, and goes on with the events of the client that it has just
# removed.
# base: correct/epoll_loop.py
# caught-by: a_reset_harms_nobody
# also: a_client_that_never_reads_delays_nobody, a_full_connection_costs_no_cpu_time

import errno
import resource
import select
import socket
import sys
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT

HELD = 65536  # Most bytes of echo that wait for room; with that many the server reads nothing more from the client.
FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


class Client:
    def __init__(self, stream):
        stream.setblocking(False)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = stream
        self.owed = bytearray()
        self.ended = False
        self.interest = EPOLLIN

    def wants(self):
        reading = not self.ended and len(self.owed) < HELD
        return (EPOLLIN if reading else 0) | (EPOLLOUT if self.owed else 0)

    def read(self):
        data = self.stream.recv(16384)
        self.ended = not data
        self.owed += data

    def write(self):
        sent = self.stream.send(self.owed)
        del self.owed[:sent]


def accept():
    global watched
    try:
        client = Client(listener.accept()[0])
    except OSError as error:
        if error.errno in FULL:  # The listener would stay ready, so nothing asks for it until a client has left.
            epoll.unregister(listener)
            watched = False
    else:
        clients[client.stream.fileno()] = client
        epoll.register(client.stream, client.interest)


def serve(descriptor, events):
    client = clients[descriptor]
    try:
        if events & EPOLLIN:
            client.read()
        if client.owed:
            client.write()
    except BlockingIOError:
        pass
    except OSError:
        client.ended = True
        client.owed.clear()
    wants = client.wants()
    if not wants:
        finished.append(descriptor)
    elif wants != client.interest:
        epoll.modify(descriptor, wants)
        client.interest = wants


def leave(descriptor):
    global watched
    epoll.unregister(descriptor)
    clients.pop(descriptor).stream.close()
    if not watched:
        epoll.register(listener, EPOLLIN)
        watched = True


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
epoll = select.epoll()
epoll.register(listener, EPOLLIN)
watched = True
clients = {}  # By descriptor.
finished = []  # Descriptors of clients that are done.

while True:
    for descriptor, events in epoll.poll():
        if descriptor == listener.fileno():
            accept()
            continue
        if events & (EPOLLERR | EPOLLHUP):  # Nothing can be sent any more, so what has arrived is of no use.
            leave(descriptor)
        if events & (EPOLLIN | EPOLLOUT):
            serve(descriptor, events)
    for descriptor in finished:
        leave(descriptor)
    finished.clear()
