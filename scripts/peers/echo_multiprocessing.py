"""A process per client, made with `multiprocessing.Process`, as the tutorials do that want more than one CPU.

    python3 echo_multiprocessing.py PORT
"""

import multiprocessing
import multiprocessing.connection
import resource
import signal
import socket
import sys

fork = multiprocessing.get_context("fork")  # Only a forked child inherits the client's socket without further ado.
OTHERS = 10  # Descriptors of the server itself, and of a child that starts.


def serve(client):
    listener.close()  # Otherwise the children would keep the port in use after the server has ended.
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while data := client.recv(16384):
            client.sendall(data)
    except OSError:
        pass  # The client has disconnected, and this process ends.


def wait_for_room():
    """Waits until the process has descriptors for another child, each of which costs it two."""
    limit, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    while 2 * len(children := multiprocessing.active_children()) + OTHERS > limit:
        multiprocessing.connection.wait([child.sentinel for child in children])


signal.signal(signal.SIGCHLD, lambda *_: multiprocessing.active_children())  # Reaps the children that have ended.
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
while True:
    wait_for_room()
    client, _ = listener.accept()
    fork.Process(target=serve, args=(client,), daemon=True).start()
    client.close()  # The child has the socket. With the parent's copy open, the client would never see the end.
