# WRONG, on purpose: the socket is nonblocking, and the server asks it again and again without waiting.
# base: correct/udp.py
# caught-by: waiting_for_datagrams_costs_no_cpu_time
# transport: udp

import contextlib
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))

server.setblocking(False)

while True:
    try:
        data, address = server.recvfrom(65536)
    except BlockingIOError:
        continue
    with contextlib.suppress(OSError):  # A datagram that cannot be sent is lost, as any datagram may be.
        server.sendto(data, address)
