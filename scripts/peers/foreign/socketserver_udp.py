"""Datagrams with the standard library's `socketserver`: one after another.

    python3 socketserver_udp.py PORT
"""

import socketserver
import sys


class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        data, server = self.request
        server.sendto(data, self.client_address)


class Server(socketserver.UDPServer):
    max_packet_size = 65535  # With the default of 8192, the rest of a longer datagram would be cut off.


Server(("127.0.0.1", int(sys.argv[1])), Echo).serve_forever()
