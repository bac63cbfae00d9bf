# WRONG, on purpose: the server keeps the address of the first client, and sends every reply there.
# base: correct/udp.py
# caught-by: two_sources_are_kept_apart
# also: a_reply_to_a_client_that_has_left_does_no_harm, a_burst_is_answered_whole
# transport: udp

import contextlib
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))

first = None
while True:
    data, address = server.recvfrom(65536)
    first = address = first or address
    with contextlib.suppress(OSError):  # A datagram that cannot be sent is lost, as any datagram may be.
        server.sendto(data, address)
