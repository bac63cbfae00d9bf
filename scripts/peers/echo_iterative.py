"""Iterative: serves one client at a time. All others wait in the accept queue.

    python3 echo_iterative.py PORT
"""

import socket
import sys


def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # sendall blocks until the client reads its echo; nothing is read meanwhile.
    while data := client.recv(16384):
        client.sendall(data)


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
while True:
    client, _ = listener.accept()
    with client:
        try:
            serve(client)
        except OSError:
            pass  # The client has disconnected; accept the next one.
