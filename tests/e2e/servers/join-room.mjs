// Relays to the others in a room, and says nothing itself. It dies of a signal that is no object.
import { afterDelay, socketIo } from './lib.mjs';

socketIo().on('connection', socket => {
  socket.on('join-room', room => socket.join(room));
  socket.on('signal', ({ roomId, data }) => {
    afterDelay(() => socket.to(roomId).emit('signal', data));
  });
});
