"""The server of `closing_in_the_loop.py`, mended: a client leaves when it has got all that it is owed."""

import queue
import select
import socket
import sys

server = socket.create_server(("127.0.0.1", int(sys.argv[1])), backlog=128)
server.setblocking(False)
inputs, outputs, messages = [server], [], {}

while inputs:
    readable, writable, _ = select.select(inputs, outputs, [])
    for s in readable:
        if s is server:
            connection, address = s.accept()
            connection.setblocking(False)
            inputs.append(connection)
            messages[connection] = queue.Queue()
            continue
        data = s.recv(1024)
        if data:
            messages[s].put(data)
            if s not in outputs:
                outputs.append(s)
        else:
            inputs.remove(s)
            if s not in outputs:
                outputs.append(s)
    for s in writable:
        try:
            message = messages[s].get_nowait()
        except queue.Empty:
            outputs.remove(s)
            if s not in inputs:
                s.close()
                del messages[s]
        else:
            s.send(message)
