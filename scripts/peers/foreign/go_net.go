// A goroutine per client; the runtime waits with epoll.
//
//	go build -o go_net go_net.go && ./go_net PORT
package main

import (
	"io"
	"log"
	"net"
	"os"
	"time"
)

func serve(client net.Conn) {
	defer client.Close()
	// Copy reads nothing more while the client does not take its echo. Its error says that the client has disconnected.
	_, _ = io.Copy(client, client)
}

func main() {
	listener, err := net.Listen("tcp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for {
		client, err := listener.Accept()
		if err != nil {
			time.Sleep(100 * time.Millisecond) // No descriptor is free. Without a pause the loop would use a whole CPU.
			continue
		}
		go serve(client)
	}
}
