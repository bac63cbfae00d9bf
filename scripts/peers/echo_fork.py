"""A process for every client, as in the standard library's `socketserver`.

    python3 echo_fork.py PORT
"""

import socket
import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def setup(self):
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def handle(self):
        try:
            while data := self.request.recv(16384):
                self.request.sendall(data)
        except OSError:
            pass  # The client went away, and this process with it.


class Server(socketserver.ForkingTCPServer):
    allow_reuse_address = True
    max_children = 100_000  # The default of 40 would serve 40 clients, and wait for one of them to leave.
    request_queue_size = 4096  # The default of 5 would have most clients of a crowd knock again.


Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
