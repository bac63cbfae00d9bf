# WRONG, on purpose: the server asks for errors of its datagrams, and the reply to a client that has left ends it.
# base: correct/udp.py
# caught-by: a_reply_to_a_client_that_has_left_does_no_harm
# transport: udp

import contextlib
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))

IP_RECVERR = 11
server.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)

while True:
    data, address = server.recvfrom(65536)
    with contextlib.suppress(OSError):  # A datagram that cannot be sent is lost, as any datagram may be.
        server.sendto(data, address)
