// The client of the simple-peer rooms: the real library, and one message each way.
import { capture, parameters, script, show, socketIo } from './common.js';

export const start = async () => {
  await script('simple-peer/simplepeer.min.js');
  const stream = await capture();
  const socket = await socketIo();
  const peers = {};

  const make = (id, initiator) => {
    const peer = (peers[id] = new window.SimplePeer({ initiator, trickle: false, stream }));
    peer.on('stream', show);
    peer.on('error', console.error);
    return peer;
  };
  socket.on('all users', users => {
    for (const id of users) {
      const tell = signal => socket.emit('sending signal', { userToSignal: id, callerID: socket.id, signal });
      make(id, true).on('signal', tell);
    }
  });
  socket.on('user joined', ({ signal, callerID }) => {
    const peer = make(callerID, false);
    peer.on('signal', answer => socket.emit('returning signal', { signal: answer, callerID }));
    peer.signal(signal);
  });
  socket.on('receiving returned signal', ({ id, signal }) => peers[id].signal(signal));
  socket.emit('join room', parameters.room);
  return {};
};
