# WRONG, on purpose: the server takes an empty datagram for an end, as in a stream, and does not answer it.
# base: correct/udp.py
# caught-by: every_size_up_to_the_limit
# transport: udp

import contextlib
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))

while True:
    data, address = server.recvfrom(65536)
    if not data:
        continue
    with contextlib.suppress(OSError):  # A datagram that cannot be sent is lost, as any datagram may be.
        server.sendto(data, address)
