"""A greenlet per client: code that looks blocking, and switches to another greenlet where it would block.

    python3 echo_gevent.py PORT          (needs `pip install gevent`)
"""

import socket
import sys

from gevent.server import StreamServer


def serve(client, _):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        # sendall lets other greenlets run until this client reads its echo; nothing is read from it meanwhile.
        while data := client.recv(16384):
            client.sendall(data)
    except OSError:
        pass  # The client has disconnected, and its greenlet ends.


StreamServer(("127.0.0.1", int(sys.argv[1])), serve, backlog=4096).serve_forever()
