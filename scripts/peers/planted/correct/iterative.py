# A right echo server that serves one client at a time, and says so.
# expect: sequential

import socket
import sys


def serve(client):
    with client:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            while data := client.recv(16384):
                client.sendall(data)
        except OSError:
            pass  # The client has broken the connection.


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
while True:
    client, address = listener.accept()
    serve(client)
