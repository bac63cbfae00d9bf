"""WRONG, on purpose: a select server as many tutorials print it. It closes clients inside the loop over ready sockets."""

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
            if s in outputs:
                outputs.remove(s)
            inputs.remove(s)
            s.close()
            del messages[s]
    for s in writable:
        try:
            message = messages[s].get_nowait()
        except queue.Empty:
            outputs.remove(s)
        else:
            s.send(message)
