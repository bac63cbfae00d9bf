"""The server of `recv_is_a_message.py`, mended: a message ends where its newline is."""

import socket
import sys
import threading


def greet(client):
    for name in client.makefile():
        name = name.strip()
        client.sendall(f"Hello, {name}!\n".encode())
    client.close()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
while True:
    client, address = server.accept()
    threading.Thread(target=greet, args=(client,), daemon=True).start()
