# WRONG, on purpose: each client gets a second thread, which waits for a queue that nothing fills after the client has
# left.
# base: correct/threads.py
# caught-by: descriptors_and_processes_return

import errno
import queue
import resource
import socket
import sys
import threading

FULL = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


def count(journal):
    echoed = 0
    while True:
        echoed += journal.get()


def serve(client):
    journal = queue.Queue()
    threading.Thread(target=count, args=(journal,), daemon=True).start()
    with client:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := client.recv(16384):
                client.sendall(data)
                journal.put(len(data))
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
