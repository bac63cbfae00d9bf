"""One thread; epoll(7) reports the sockets that are ready, as long as they are (level-triggered).

    python3 echo_epoll.py PORT
"""

import errno
import select
import socket
import sys

HELD = 65536  # Most bytes of unread echo; at that size nothing more is read from a client.


class Client:
    def __init__(self, stream):
        stream.setblocking(False)
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.stream = stream
        self.owed = bytearray()
        self.leaving = False

    def wants(self):
        """Events to wait for; 0 if the client is done."""
        reading = not self.leaving and len(self.owed) < HELD
        return (select.EPOLLIN if reading else 0) | (select.EPOLLOUT if self.owed else 0)

    def turn(self, readable):
        """One read and one write."""
        try:
            if readable and self.wants() & select.EPOLLIN:
                data = self.stream.recv(16384)
                self.leaving = not data
                self.owed += data
            if self.owed:
                del self.owed[: self.stream.send(self.owed)]
        except BlockingIOError:
            pass
        except OSError:
            self.leaving = True
            self.owed.clear()


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
epoll = select.epoll()
epoll.register(listener, select.EPOLLIN)
clients = {}  # By descriptor.


def accept():
    try:
        client = Client(listener.accept()[0])
    except OSError as error:  # Without EMFILE: the client has disconnected before it was accepted.
        if error.errno == errno.EMFILE:
            epoll.modify(listener, 0)  # Otherwise epoll would report it again at once, until a client leaves.
        return
    clients[client.stream.fileno()] = client
    epoll.register(client.stream, client.wants())


def serve(descriptor, events):
    client = clients[descriptor]
    before = client.wants()
    client.turn(events & ~select.EPOLLOUT)  # Reading reports a hang-up or an error.
    wants = client.wants()
    if not wants:
        epoll.unregister(descriptor)
        clients.pop(descriptor).stream.close()
        epoll.modify(listener, select.EPOLLIN)
    elif wants != before:
        epoll.modify(descriptor, wants)


while True:
    for descriptor, events in epoll.poll():
        if descriptor == listener.fileno():
            accept()
        else:
            serve(descriptor, events)
