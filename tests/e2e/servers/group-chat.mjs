// Channels for any number of people. Whoever comes offers to everybody who is there; messages go to one socket id.
import { socketIo } from './lib.mjs';

const sockets = new Map();
const channels = new Map();

socketIo().on('connection', socket => {
  const mine = new Set();
  sockets.set(socket.id, socket);

  const part = name => {
    if (!mine.delete(name)) return;
    const members = channels.get(name);
    members.delete(socket.id);
    for (const id of members) {
      sockets.get(id).emit('removePeer', { peer_id: socket.id });
      socket.emit('removePeer', { peer_id: id });
    }
  };
  const relay = (request, answer, key) =>
    socket.on(request, message => {
      sockets.get(message.peer_id)?.emit(answer, { peer_id: socket.id, [key]: message[key] });
    });

  socket.on('join', ({ channel }) => {
    if (mine.has(channel)) return;
    if (!channels.has(channel)) channels.set(channel, new Set());
    const members = channels.get(channel);
    for (const id of members) {
      sockets.get(id).emit('addPeer', { peer_id: socket.id, should_create_offer: false });
      socket.emit('addPeer', { peer_id: id, should_create_offer: true });
    }
    members.add(socket.id);
    mine.add(channel);
  });
  socket.on('part', part);
  relay('relayICECandidate', 'iceCandidate', 'ice_candidate');
  relay('relaySessionDescription', 'sessionDescription', 'session_description');
  socket.on('disconnect', () => {
    for (const name of [...mine]) part(name);
    sockets.delete(socket.id);
  });
});
