"""A process per client, made with `multiprocessing.Process`, as the tutorials do that want more than one CPU.

    python3 echo_multiprocessing.py PORT
"""

import multiprocessing
import socket
import sys

fork = multiprocessing.get_context("fork")  # Only a forked child inherits the client's socket without further ado.


def serve(client):
    listener.close()  # Otherwise the children would keep the port in use after the server has ended.
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while data := client.recv(16384):
            client.sendall(data)
    except OSError:
        pass  # The client has disconnected, and this process ends.


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
while True:
    client, _ = listener.accept()
    fork.Process(target=serve, args=(client,), daemon=True).start()
    client.close()  # The child has the socket. With the parent's copy open, the client would never see the end.
    multiprocessing.active_children()  # Reaps the children that have ended.
