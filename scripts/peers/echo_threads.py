"""A thread per client, as in the standard library's `socketserver`. The interpreter lock lets one of them run at a time.

    python3 echo_threads.py PORT
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
            pass  # The client has disconnected, and this thread ends.


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True  # These threads do not keep the process alive.
    request_queue_size = 4096  # With the default of 5, most clients of a crowd would have to retry.


Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
