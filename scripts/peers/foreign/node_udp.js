// Datagrams in Node.
//
//     node node_udp.js PORT
'use strict';
const dgram = require('node:dgram');

const server = dgram.createSocket('udp4');
server.on('message', (data, client) => server.send(data, client.port, client.address, () => {}));
server.bind(Number(process.argv[2]), '127.0.0.1');
