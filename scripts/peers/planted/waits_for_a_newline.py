# WRONG, on purpose: the server reads lines, so a message without a newline gets no echo.
# base: correct/threads.py
# caught-by: one_byte

import errno
import resource
import socket
import sys
import threading

FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def serve(client):
    with client:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for line in client.makefile("rb"):
                client.sendall(line)
        except OSError:
            pass  # The client has broken the connection.
    left.set()


def start(client):
    while True:
        left.clear()
        try:
            return threading.Thread(target=serve, args=(client,), daemon=True).start()
        except RuntimeError:
            left.wait()  # No further thread can be had until a client has left.


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
threading.stack_size(256 << 10)
# Thousands of threads that wait for the interpreter would ask for it every 5 ms, and keep the CPUs busy with that.
sys.setswitchinterval(1)
listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
left = threading.Event()

while True:
    left.clear()
    try:
        client, address = listener.accept()
    except OSError as error:
        if error.errno in FULL:
            left.wait()
        continue
    start(client)
    del client  # The thread alone holds it.
