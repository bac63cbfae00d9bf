"""A coroutine for every client, on the event loop of the standard library's `asyncio` (which sets TCP_NODELAY itself).

    python3 echo_asyncio.py PORT
"""

import asyncio
import sys


async def serve(reader, writer):
    try:
        while data := await reader.read(16384):
            writer.write(data)
            await writer.drain()  # Waits for a client that does not take its echo, and reads no more meanwhile.
    except OSError:
        pass  # The client went away.
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=4096, limit=16384)
    async with server:
        await server.serve_forever()


asyncio.run(main())
