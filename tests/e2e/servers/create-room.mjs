// Rooms for two, made by the server. The offer is the way in, and there is one in the life of a room. It dies of an id
// that it does not know.
import { randomUUID } from 'node:crypto';
import { webSocket } from './lib.mjs';

const rooms = {};
// The originals make ids of the time-based kind, which have a 1 in this place.
const makeId = () => randomUUID().replace(/^(.{14})./, (_, start) => `${start}1`);
const say = (socket, type, payload) => socket.send(JSON.stringify({ type, payload }));

webSocket().on('connection', socket => {
  socket.on('message', data => {
    let message;
    try {
      message = JSON.parse(data);
    } catch {
      message = null;
    }
    if (!message?.type) return say(socket, 'error', 'ERROR FROM SERVER: Incorrect data or no data received');
    if (message.type === 'createRoom') {
      const id = makeId();
      rooms[id] = { creator: socket, partner: false };
      return say(socket, 'roomCreated', id);
    }
    const room = rooms[message.roomId];
    if (message.type === 'offer') {
      if (room.partner) return say(socket, 'error', 'room is already full');
      room.partner = socket;
    }
    const other = socket === room.partner ? room.creator : room.partner;
    if (other) other.send(String(data));
  });
});
