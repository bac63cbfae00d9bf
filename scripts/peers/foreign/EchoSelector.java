// One thread with a Selector, which waits with epoll on Linux.
//
//     javac EchoSelector.java && java EchoSelector PORT

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.util.Iterator;

public class EchoSelector {
    /** The bytes that a client is owed, and whether it has sent its last byte. */
    static class Client {
        final ByteBuffer owed = ByteBuffer.allocateDirect(16384);
        boolean leaving;
    }

    static Selector selector;
    static SelectionKey listening;

    public static void main(String[] args) throws IOException {
        selector = Selector.open();
        ServerSocketChannel listener = ServerSocketChannel.open();
        listener.bind(new InetSocketAddress("127.0.0.1", Integer.parseInt(args[0])), 4096);
        listener.configureBlocking(false);
        listening = listener.register(selector, SelectionKey.OP_ACCEPT);
        while (true) {
            // After `accept` has failed, the listener gets another chance ten times a second.
            selector.select(listening.interestOps() == 0 ? 100 : 0);
            listening.interestOps(SelectionKey.OP_ACCEPT);
            Iterator<SelectionKey> ready = selector.selectedKeys().iterator();
            while (ready.hasNext()) {
                SelectionKey key = ready.next();
                ready.remove();
                if (key == listening) accept(listener);
                else serve(key);
            }
        }
    }

    static void accept(ServerSocketChannel listener) {
        try {
            SocketChannel client = listener.accept();
            if (client == null) return;
            client.configureBlocking(false);
            client.setOption(StandardSocketOptions.TCP_NODELAY, true);
            client.register(selector, SelectionKey.OP_READ, new Client());
        } catch (IOException error) {
            listening.interestOps(0); // No descriptor is free. The listener would stay ready, and the loop would spin.
        }
    }

    static void serve(SelectionKey key) {
        SocketChannel channel = (SocketChannel) key.channel();
        Client client = (Client) key.attachment();
        try {
            if (key.isReadable()) client.leaving = channel.read(client.owed) < 0;
            client.owed.flip();
            channel.write(client.owed);
            client.owed.compact();
            boolean reading = !client.leaving && client.owed.hasRemaining();
            boolean writing = client.owed.position() > 0;
            if (client.leaving && !writing) channel.close();
            else key.interestOps((reading ? SelectionKey.OP_READ : 0) | (writing ? SelectionKey.OP_WRITE : 0));
        } catch (IOException error) {
            try {
                channel.close(); // The client has disconnected.
            } catch (IOException ignored) {
                // The descriptor is free all the same.
            }
        }
    }
}
