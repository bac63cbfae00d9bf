"""The coroutines of `echo_asyncio.py` on uvloop, the event loop of libuv.

    python3 uvloop_streams.py PORT          (needs `pip install uvloop`)
"""

import asyncio
import sys

import uvloop


async def serve(reader, writer):
    try:
        while data := await reader.read(16384):
            writer.write(data)
            await writer.drain()  # Waits while the client does not read its echo, and reads nothing meanwhile.
    except OSError:
        pass  # The client has disconnected.
    finally:
        writer.close()


async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=4096, limit=16384)
    async with server:
        await server.serve_forever()


asyncio.run(main()) if not hasattr(uvloop, "run") else uvloop.run(main())
