"""An echo server: it sends back to each client what that client sends.

    python3 python/server.py PORT

This is a skeleton. It starts and listens, and it closes each connection at once.
Look for GAP.
"""

import socket
import sys


def serve(client):
    """Serves one client until it has sent its last byte and has all bytes back."""
    # GAP, step 1: receive bytes and send all of them back, again and again. How does the
    # client say that it is done?


def main():
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    # GAP, step 1: stop the server while a client is connected, and start it again at once.
    # Which socket option is missing?
    listener.bind(("127.0.0.1", int(sys.argv[1])))
    listener.listen(128)
    while True:
        client, _ = listener.accept()
        # GAP, step 1: a client may vanish at any time. The next client must be served all
        # the same.
        # GAP, step 2: the next client should not wait until this one leaves.
        with client:
            serve(client)


main()
