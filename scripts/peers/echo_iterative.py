"""Iterative: one client at a time, from its first byte to its last. All others wait in the accept queue.

    python3 echo_iterative.py PORT
"""

import socket
import sys


def serve(client):
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    # sendall blocks until the client takes its echo: nothing is read, or held, meanwhile.
    while data := client.recv(16384):
        client.sendall(data)


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
while True:
    client, _ = listener.accept()
    with client:
        try:
            serve(client)
        except OSError:
            pass  # The client went away; the next one waits.
