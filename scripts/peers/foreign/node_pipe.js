// One thread with libuv's event loop; `pipe` stops reading from a client that does not read its echo.
//
//     node node_pipe.js PORT
'use strict';
const net = require('node:net');

// Without allowHalfOpen, Node would end its half as soon as the client ends the other one.
const server = net.createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
  client.on('error', () => client.destroy()); // The client has disconnected.
  client.pipe(client);
});
server.listen({ port: Number(process.argv[2]), host: '127.0.0.1', backlog: 4096 });
