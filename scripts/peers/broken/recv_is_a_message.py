"""WRONG, on purpose: a server that takes what one `recv` returns for one message."""

import socket
import sys
import threading


def greet(client):
    while True:
        name = client.recv(1024).decode().strip()
        if not name:
            break
        client.sendall(f"Hello, {name}!\n".encode())
    client.close()


server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
while True:
    client, address = server.accept()
    threading.Thread(target=greet, args=(client,), daemon=True).start()
