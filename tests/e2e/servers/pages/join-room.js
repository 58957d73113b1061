// The client of a server that only relays. It has its connection from the first, calls when told to, and shrugs off
// candidates that come too early.
import { capture, waitForStart, parameters, show, socketIo } from './common.js';

export const start = async () => {
  const stream = await capture();
  const socket = await socketIo();
  const { room: roomId } = parameters;
  const connection = new RTCPeerConnection();
  const describe = async description => {
    await connection.setLocalDescription(description);
    socket.emit('signal', { roomId, data: { description: connection.localDescription } });
  };

  stream.getTracks().forEach(track => connection.addTrack(track, stream));
  connection.ontrack = ({ streams }) => show(streams[0]);
  connection.onicecandidate = ({ candidate }) => {
    if (candidate) socket.emit('signal', { roomId, data: { candidate } });
  };
  socket.on('signal', async ({ description, candidate }) => {
    if (description) {
      await connection.setRemoteDescription(description);
      if (description.type === 'offer') await describe(await connection.createAnswer());
    } else if (candidate) {
      await connection.addIceCandidate(candidate).catch(console.error);
    }
  });
  await waitForStart();
  socket.emit('join-room', roomId);
  const call = async () => describe(await connection.createOffer());
  if (parameters.call) await call();
  return { call };
};
