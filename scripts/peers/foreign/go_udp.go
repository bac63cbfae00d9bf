// Datagrams in Go.
//
//	go build -o go_udp go_udp.go && ./go_udp PORT
package main

import (
	"log"
	"net"
	"os"
)

func main() {
	server, err := net.ListenPacket("udp4", "127.0.0.1:"+os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	data := make([]byte, 65535)
	for {
		n, client, err := server.ReadFrom(data)
		if err != nil {
			continue
		}
		_, _ = server.WriteTo(data[:n], client) // The reply may be lost, as any datagram may be.
	}
}
