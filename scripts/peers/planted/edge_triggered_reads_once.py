# WRONG, on purpose: the server reads once at each edge, and waits for another edge while bytes are left.
# base: correct/edge_loop.py
# caught-by: a_large_message_after_a_small_one
# also: a_message_with_the_end_behind_it

import errno
import resource
import select
import socket
import sys
from select import EPOLLET, EPOLLIN, EPOLLOUT

FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
PIECE = 16384


class Client:
    def __init__(self, stream):
        stream.setblocking(False)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = stream
        self.owed = b""
        self.ended = False

    def turn(self):
        """Reads once, if it owes nothing, and writes once. Returns True if there may be more to do."""
        try:
            if not self.owed:
                self.owed = self.stream.recv(PIECE)
                self.ended = not self.owed
            if self.owed:
                self.owed = self.owed[self.stream.send(self.owed) :]
        except BlockingIOError:
            return False
        except OSError:
            self.ended, self.owed = True, b""
        return bool(self.owed)


def accept():
    global waiting
    waiting = False
    while True:
        try:
            client = Client(listener.accept()[0])
        except BlockingIOError:
            return
        except OSError as error:
            if error.errno in FULL:  # No edge will tell of the clients in the queue, so the next departure does.
                waiting = True
                return
        else:
            clients[client.stream.fileno()] = client
            epoll.register(client.stream, EPOLLIN | EPOLLOUT | EPOLLET)


def leave(descriptor):
    clients.pop(descriptor).stream.close()
    if waiting:
        accept()


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
epoll = select.epoll()
epoll.register(listener, EPOLLIN | EPOLLET)
clients = {}  # By descriptor.
ready = set()  # Descriptors of clients that may have more to do.
waiting = False  # True if clients wait for a descriptor.

while True:
    for descriptor, events in epoll.poll(0 if ready else -1):
        if descriptor == listener.fileno():
            accept()
        else:
            ready.add(descriptor)
    for descriptor in list(ready):
        client = clients[descriptor]
        if not client.turn():
            ready.remove(descriptor)
        if client.ended:
            ready.discard(descriptor)
            leave(descriptor)
