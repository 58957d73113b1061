// Rooms for four: the newcomer signals to everybody who is there, and each answers. Nobody is told who leaves.
import { socketIo } from './lib.mjs';

const rooms = {};
const roomOf = {};
const io = socketIo();

io.on('connection', socket => {
  socket.on('join room', room => {
    rooms[room] ??= [];
    if (rooms[room].length === 4) return socket.emit('room full');
    rooms[room].push(socket.id);
    roomOf[socket.id] = room;
    socket.emit('all users', rooms[room].filter(id => id !== socket.id));
  });
  socket.on('sending signal', ({ userToSignal, signal, callerID }) => {
    io.to(userToSignal).emit('user joined', { signal, callerID });
  });
  socket.on('returning signal', ({ signal, callerID }) => {
    io.to(callerID).emit('receiving returned signal', { signal, id: socket.id });
  });
  socket.on('disconnect', () => {
    const room = roomOf[socket.id];
    if (rooms[room]) rooms[room] = rooms[room].filter(id => id !== socket.id);
  });
});
