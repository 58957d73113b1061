// Rooms for two: whoever comes second is told so and offers. Only three types are relayed, any other ends the
// connection; when one of two goes, the other is sent away too.
import { randomUUID } from 'node:crypto';
import { webSocket } from './lib.mjs';

const PING = 5000;
const DEAD = 60_000;
const rooms = new Map();

webSocket().on('connection', (socket, request) => {
  if (request.url.split('?')[0] !== '/signaling') return socket.close();
  const say = message => socket.send(JSON.stringify(message));
  let room;
  let heard = Date.now();
  const pings = setInterval(() => (Date.now() - heard > DEAD ? socket.close() : say({ type: 'ping' })), PING);

  const register = ({ roomId }) => {
    const members = rooms.get(roomId) ?? [];
    if (members.length === 2) {
      say({ type: 'reject', reason: 'full' });
      return socket.close();
    }
    const isExistClient = members.length === 1;
    rooms.set(roomId, [...members, socket]);
    room = roomId;
    const connectionId = randomUUID();
    say({ type: 'accept', connectionId, isExistClient, isExistUser: isExistClient, iceServers: [] });
  };
  socket.on('message', data => {
    const message = JSON.parse(data);
    if (message.type === 'pong') heard = Date.now();
    else if (message.type === 'register' && message.roomId) register(message);
    else if (room && ['offer', 'answer', 'candidate'].includes(message.type))
      rooms.get(room).filter(it => it !== socket).forEach(other => other.send(String(data)));
    else socket.close();
  });
  socket.on('close', () => {
    clearInterval(pings);
    const members = rooms.get(room) ?? [];
    if (!members.includes(socket)) return;
    rooms.delete(room);
    for (const other of members.filter(it => it !== socket)) {
      other.send(JSON.stringify({ type: 'bye' }));
      other.close();
    }
  });
});
