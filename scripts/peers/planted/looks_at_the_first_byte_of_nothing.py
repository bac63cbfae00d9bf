# WRONG, on purpose: the server looks at the first byte of the first message, and dies of a client that leaves without
# one.
# base: correct/iterative.py
# caught-by: connect_and_leave
# expect: sequential

import socket
import sys


def serve(client):
    with client:
        try:
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            data = client.recv(16384)
            if data[0] == 4:  # A client of an old version begins with it.
                return
            while data:
                client.sendall(data)
                data = client.recv(16384)
        except OSError:
            pass  # The client has broken the connection.


listener = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=4096)
while True:
    client, address = listener.accept()
    serve(client)
