# WRONG, on purpose: a client that resets its connection ends the thread that serves it, and no other takes its place.
# base: correct/thread_pool.py
# caught-by: a_reset_harms_nobody
# also: a_client_that_never_reads_delays_nobody
# expect: at-most:2

import socket
import sys
import threading

WORKERS = 2


def serve(client):
    with client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        while data := client.recv(16384):
            client.sendall(data)


def work():
    while True:
        client, address = listener.accept()
        serve(client)


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
workers = [threading.Thread(target=work) for _ in range(WORKERS)]
for worker in workers:
    worker.start()
