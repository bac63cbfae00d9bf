"""A generator per client, and a scheduler of 40 lines: `yield` says what the generator waits for.

    python3 echo_yield_scheduler.py PORT
"""

import errno
import select
import socket
import sys
from collections import deque


class Scheduler:
    """Runs generators that yield a pair of a socket and `select.POLLIN` or `select.POLLOUT`."""

    def __init__(self):
        self.ready = deque()
        self.waiting = {}  # The generator that waits for each descriptor.
        self.poll = select.poll()

    def spawn(self, task):
        self.ready.append(task)

    def step(self, task):
        """Runs a generator up to its next `yield`."""
        try:
            stream, event = next(task)
        except StopIteration:
            return
        self.waiting[stream.fileno()] = task
        self.poll.register(stream, event)

    def wait(self):
        """Moves the generators whose socket is ready into the queue."""
        for descriptor, _ in self.poll.poll():
            self.poll.unregister(descriptor)
            self.ready.append(self.waiting.pop(descriptor))

    def run(self):
        while True:
            while self.ready:
                self.step(self.ready.popleft())
            self.wait()


def serve(client):
    with client:
        try:
            while True:
                yield client, select.POLLIN
                data = client.recv(16384)
                if not data:
                    break
                while data:  # Nothing more is read until the client has taken this echo.
                    yield client, select.POLLOUT
                    data = data[client.send(data) :]
        except OSError:
            pass  # The client has disconnected.
    scheduler.poll.register(listener, select.POLLIN)  # A descriptor is free, for which `accept` may be waiting.


def accept(listener):
    while True:
        yield listener, select.POLLIN
        try:
            client, _ = listener.accept()
        except OSError as error:  # Without EMFILE: the client has disconnected before it was accepted.
            if error.errno == errno.EMFILE:
                yield listener, 0  # It stays readable, so that POLLIN would be a busy loop.
            continue
        client.setblocking(False)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        scheduler.spawn(serve(client))


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
listener.setblocking(False)
scheduler = Scheduler()
scheduler.spawn(accept(listener))
scheduler.run()
