"""A process per client, as in the standard library's `socketserver`.

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
            pass  # The client has disconnected, and this process ends.


class Server(socketserver.ForkingTCPServer):
    allow_reuse_address = True
    max_children = 100_000  # With the default of 40, client 41 would wait until another one leaves.
    request_queue_size = 4096  # With the default of 5, most clients of a crowd would have to retry.


Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
