# WRONG, on purpose: a datagram longer than 1,024 bytes is cut off, and the rest of it is lost.
# base: correct/udp.py
# caught-by: many_datagrams_one_after_another
# also: every_size_up_to_the_limit
# transport: udp

import contextlib
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))

while True:
    data, address = server.recvfrom(1024)
    with contextlib.suppress(OSError):  # A datagram that cannot be sent is lost, as any datagram may be.
        server.sendto(data, address)
