"""Datagrams with a protocol of `asyncio`, as its documentation shows them.

    python3 asyncio_udp.py PORT
"""

import asyncio
import sys


class Echo(asyncio.DatagramProtocol):
    def connection_made(self, transport):
        self.transport = transport

    def datagram_received(self, data, client):
        self.transport.sendto(data, client)


async def main():
    loop = asyncio.get_running_loop()
    await loop.create_datagram_endpoint(Echo, local_addr=("127.0.0.1", int(sys.argv[1])))
    await asyncio.Event().wait()


asyncio.run(main())
