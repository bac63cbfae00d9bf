"""A greenlet for every client: code that looks blocking, and switches to another greenlet where it would block.

    python3 echo_gevent.py PORT          (needs `pip install gevent`)
"""

import socket
import sys

from gevent.server import StreamServer


def serve(client, _):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        # sendall lets others run until this client takes its echo: nothing more is read meanwhile.
        while data := client.recv(16384):
            client.sendall(data)
    except OSError:
        pass  # The client went away, and its greenlet ends.


StreamServer(("127.0.0.1", int(sys.argv[1])), serve, backlog=4096).serve_forever()
