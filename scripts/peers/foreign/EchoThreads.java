// A thread per client, with blocking sockets.
//
//     javac EchoThreads.java && java EchoThreads PORT

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;

public class EchoThreads {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(args[0]);
        try (ServerSocket listener = new ServerSocket(port, 4096, InetAddress.getByName("127.0.0.1"))) {
            while (true) {
                Socket client;
                try {
                    client = listener.accept();
                } catch (IOException error) {
                    Thread.sleep(100); // No descriptor is free. Without a pause the loop would use a whole CPU.
                    continue;
                }
                Thread thread = new Thread(null, () -> serve(client), "client", 128 << 10);
                thread.setDaemon(true);
                thread.start();
            }
        }
    }

    static void serve(Socket socket) {
        try (Socket client = socket) {
            client.setTcpNoDelay(true);
            client.getInputStream().transferTo(client.getOutputStream());
        } catch (IOException error) {
            // The client has disconnected, and this thread ends.
        }
    }
}
