"""Datagrams: one socket for all clients. At Ctrl-C it says how many datagrams came, from how many clients.

    python3 echo_udp.py PORT
"""

import signal
import socket
import sys
from collections import Counter

signal.signal(signal.SIGTERM, signal.default_int_handler)  # `kill` does the same as Ctrl-C.
server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))
count = Counter()  # Datagrams of each client. There is no connection, so only the address tells clients apart.
try:
    while True:
        data, client = server.recvfrom(65535)  # One call returns one datagram, and cuts off what has no room.
        count[client] += 1
        try:
            server.sendto(data, client)
        except OSError:
            pass  # The reply is lost, as any datagram may be.
except KeyboardInterrupt:
    print(f"{count.total()} datagrams from {len(count)} clients")
