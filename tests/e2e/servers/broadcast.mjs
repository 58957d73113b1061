// Repeats every text to everybody else. With `--code yes` only to those who have sent something with the same code
// before, and then it dies of what is not JSON.
import { afterDelay, option, webSocket } from './lib.mjs';

const server = webSocket();
const byCode = new Map();

const coded = (socket, text) => {
  const { code } = JSON.parse(text);
  if (!byCode.has(code)) byCode.set(code, new Set());
  return byCode.get(code).add(socket);
};

server.on('connection', socket => {
  socket.on('message', data => {
    const text = String(data);
    const hearers = option('code') ? coded(socket, text) : server.clients;
    for (const hearer of [...hearers]) if (hearer !== socket) afterDelay(() => hearer.send(text));
  });
});
