// The client of the chat: a call is with one person, and candidates do not say of whom they are.
import { capture, hide, parameters, show, webSocket } from './common.js';

export const start = async () => {
  const socket = await webSocket('json');
  let { name } = parameters;
  let target;
  let connection;
  let stream;
  const say = message => socket.send(JSON.stringify(message));

  const connect = () => {
    connection = new RTCPeerConnection();
    connection.onicecandidate = ({ candidate }) =>
      candidate && say({ type: 'new-ice-candidate', target, candidate });
    connection.ontrack = ({ streams }) => show(streams[0]);
    connection.onnegotiationneeded = async () => {
      const offer = await connection.createOffer();
      if (connection.signalingState !== 'stable') return;
      await connection.setLocalDescription(offer);
      say({ name, target, type: 'video-offer', sdp: connection.localDescription });
    };
  };
  const addMedia = async () => {
    stream = await capture();
    stream.getTracks().forEach(track => connection.addTransceiver(track, { streams: [stream] }));
  };
  const onOffer = async message => {
    target = message.name;
    if (!connection) connect();
    const description = new RTCSessionDescription(message.sdp);
    if (connection.signalingState !== 'stable') {
      const rollback = connection.setLocalDescription({ type: 'rollback' });
      return void (await Promise.all([rollback, connection.setRemoteDescription(description)]));
    }
    await connection.setRemoteDescription(description);
    if (!stream) await addMedia();
    await connection.setLocalDescription(await connection.createAnswer());
    say({ name, target, type: 'video-answer', sdp: connection.localDescription });
  };
  const handlers = {
    id: ({ id }) => say({ name, date: Date.now(), id, type: 'username' }),
    rejectusername: message => (name = message.name),
    'video-offer': onOffer,
    'video-answer': ({ sdp }) => connection.setRemoteDescription(new RTCSessionDescription(sdp)),
    'new-ice-candidate': ({ candidate }) => connection.addIceCandidate(new RTCIceCandidate(candidate)),
    'hang-up': () => {
      connection.close();
      connection = null;
      hide();
    },
  };
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    handlers[message.type]?.(message);
  };
  const call = async whom => {
    target = whom;
    connect();
    await addMedia();
  };
  return { call };
};
