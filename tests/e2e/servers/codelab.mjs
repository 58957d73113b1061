// Rooms for two: whoever creates the room offers. `--kind` is one of the three that are about:
// - `room`: messages go to the room that comes as a second argument, and with it;
// - `all`: messages go to every other socket there is, in whatever room;
// - `ready`: the same, nobody hears `join`, `ready` comes twice, and any socket's end is a `bye` to all.
import { networkInterfaces } from 'node:os';
import { option, socketIo } from './lib.mjs';

const kind = option('kind', 'all');
const rooms = new Map();
const io = socketIo();

io.on('connection', socket => {
  const log = (...words) => socket.emit('log', ['Message from server:', ...words]);

  socket.on('message', (message, room) => {
    log('Client said: ', message);
    if (kind === 'room') socket.broadcast.to(room).emit('message', message, room);
    else socket.broadcast.emit('message', message);
  });
  socket.on('create or join', room => {
    log(`Received request to create or join room ${room}`);
    if (!rooms.has(room)) rooms.set(room, new Set());
    const members = rooms.get(room);
    if (members.size === 0) {
      socket.join(room);
      members.add(socket);
      socket.emit('created', room, socket.id);
    } else if (members.size === 1) {
      if (kind !== 'ready') io.sockets.in(room).emit('join', room);
      socket.join(room);
      members.add(socket);
      socket.emit('joined', room, socket.id);
      io.sockets.in(room).emit(...(kind === 'ready' ? ['ready', room] : ['ready']));
      if (kind === 'ready') socket.broadcast.emit('ready', room);
    } else {
      socket.emit('full', room);
    }
  });
  socket.on('ipaddr', () => {
    const addresses = Object.values(networkInterfaces()).flat();
    const address = addresses.find(it => it.family === 'IPv4' && it.address !== '127.0.0.1');
    if (address) socket.emit('ipaddr', address.address);
  });
  socket.on('bye', () => log('received bye'));
  socket.on('disconnect', () => {
    rooms.forEach(members => members.delete(socket));
    if (kind === 'ready') socket.broadcast.emit('bye');
  });
});
