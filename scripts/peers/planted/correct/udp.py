# A right echo server for datagrams: one socket, and blocking calls.
# transport: udp

import contextlib
import socket
import sys

server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
server.bind(("127.0.0.1", int(sys.argv[1])))

while True:
    data, address = server.recvfrom(65536)
    with contextlib.suppress(OSError):  # A datagram that cannot be sent is lost, as any datagram may be.
        server.sendto(data, address)
