# WRONG, on purpose: the coroutine writes without `drain`, so asyncio stores whatever a client does not read.
# base: correct/asyncio_streams.py
# caught-by: a_client_that_never_reads_is_bounded
# also: one_mebibyte

import asyncio
import contextlib
import resource
import sys


async def serve(reader, writer):
    try:
        while data := await reader.read(16384):
            writer.write(data)
    except OSError:
        pass  # The client has broken the connection.
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()


async def main():
    # At the limit of descriptors asyncio waits for a second and accepts again. It need not write a traceback each time.
    asyncio.get_running_loop().set_exception_handler(lambda loop, context: None)
    # asyncio sets TCP_NODELAY, and SO_REUSEADDR.
    server = await asyncio.start_server(serve, "127.0.0.1", int(sys.argv[1]), backlog=1024)
    await server.serve_forever()


hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
asyncio.run(main())
