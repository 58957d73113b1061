// The client of a broadcast server: it offers as soon as it has tracks, and takes whatever comes.
import { capture, waitForStart, parameters, show, webSocket } from './common.js';

export const start = async () => {
  const stream = await capture();
  const socket = await webSocket();
  const { code } = parameters;
  const connection = new RTCPeerConnection();
  const say = (message_type, content) => socket.send(JSON.stringify({ message_type, content, code }));

  connection.onnegotiationneeded = async () => {
    const offer = await connection.createOffer();
    await connection.setLocalDescription(offer);
    say('SDP', offer);
  };
  connection.onicecandidate = ({ candidate }) => candidate?.candidate && say('CANDIDATE', candidate);
  connection.ontrack = ({ streams }) => show(streams[0]);
  socket.onmessage = async ({ data }) => {
    const { message_type, content } = JSON.parse(data);
    if (message_type === 'CANDIDATE' && content) return connection.addIceCandidate(content);
    if (message_type !== 'SDP') return;
    if (content.type === 'offer') {
      await connection.setRemoteDescription(content);
      const answer = await connection.createAnswer();
      await connection.setLocalDescription(answer);
      say('SDP', answer);
    } else if (content.type === 'answer') {
      await connection.setRemoteDescription(content);
    }
  };
  await waitForStart();
  stream.getTracks().forEach(track => connection.addTrack(track, stream));
  return {};
};
