"""Greets: a client sends a name and a newline, and gets `Hello, NAME!`; then it may send the next name.

    python3 greeting.py PORT
"""

import socket
import socketserver
import sys


class Greet(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True

    def handle(self):
        try:
            # `self.rfile` collects bytes until a newline has come. A `recv` may return half a name, or three.
            while name := self.rfile.readline(1024):
                self.wfile.write(b"Hello, " + name.strip() + b"!\n")
        except OSError:
            pass  # The client has disconnected, and this thread ends.


class Server(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True  # These threads do not keep the process alive.
    request_queue_size = 4096  # With the default of 5, most clients of a crowd would have to retry.


Server(("127.0.0.1", int(sys.argv[1])), Greet).serve_forever()
