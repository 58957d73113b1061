// Repeats every text to everybody, who sent it among them.
import { afterDelay, webSocket } from './lib.mjs';

const server = webSocket();
server.on('connection', socket =>
  socket.on('message', data => server.clients.forEach(hearer => afterDelay(() => hearer.send(String(data))))),
);
