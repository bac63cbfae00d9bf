# WRONG, on purpose: the server is said to serve four clients at once, and serves five.
# base: correct/thread_pool.py
# caught-by: serves_no_more_than_it_declares
# expect: at-most:4

import socket
import sys
import threading

WORKERS = 4


def serve(client):
    with client:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := client.recv(16384):
                client.sendall(data)
        except OSError:
            pass  # The client has broken the connection.


def work():
    while True:
        client, address = listener.accept()
        serve(client)


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
workers = [threading.Thread(target=work) for _ in range(WORKERS + 1)]
for worker in workers:
    worker.start()
