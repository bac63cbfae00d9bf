"""One thread; the kernel looks through the whole list of sockets at every call of poll(2).

    python3 echo_poll.py PORT
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
        return (select.POLLIN if reading else 0) | (select.POLLOUT if self.owed else 0)

    def turn(self, readable):
        """One read and one write."""
        try:
            if readable and self.wants() & select.POLLIN:
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
poll = select.poll()
poll.register(listener, select.POLLIN)
clients = {}  # By descriptor.


def accept():
    try:
        client = Client(listener.accept()[0])
    except OSError as error:  # Without EMFILE: the client has disconnected before it was accepted.
        if error.errno == errno.EMFILE:
            poll.modify(listener, 0)  # Otherwise poll would report it again at once, until a client leaves.
        return
    clients[client.stream.fileno()] = client
    poll.register(client.stream, client.wants())


def serve(descriptor, events):
    client = clients[descriptor]
    before = client.wants()
    client.turn(events & ~select.POLLOUT)  # Reading reports a hang-up or an error.
    wants = client.wants()
    if not wants:
        poll.unregister(descriptor)
        clients.pop(descriptor).stream.close()
        poll.modify(listener, select.POLLIN)
    elif wants != before:
        poll.modify(descriptor, wants)


while True:
    for descriptor, events in poll.poll():
        if descriptor == listener.fileno():
            accept()
        else:
            serve(descriptor, events)
