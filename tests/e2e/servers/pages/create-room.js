// The client of a server that makes the rooms. It was written when an event could be sent as JSON with its candidate in
// it; today that is an object without one, so its candidates never arrive. It fails over those that come too early.
import { capture, parameters, show, webSocket } from './common.js';

export const start = async () => {
  const stream = await capture();
  const socket = await webSocket();
  const client = {};
  let roomId = parameters.room;
  const connection = new RTCPeerConnection();
  const say = (type, payload) => socket.send(JSON.stringify({ type, roomId, payload }));
  const describe = async description => {
    await connection.setLocalDescription(description);
    say(description.type, description);
  };

  connection.onicecandidate = event => say('iceCandidate', event);
  connection.onaddstream = event => show(event.stream);
  connection.addStream(stream);
  const onCandidate = ({ candidate }) => {
    if (!connection.remoteDescription) throw new ReferenceError('the original has a misspelt name here');
    if (candidate) connection.addIceCandidate(new RTCIceCandidate(candidate));
  };
  const created = new Promise(resolve => {
    socket.onmessage = async ({ data }) => {
      const { type, payload } = JSON.parse(data);
      if (type === 'roomCreated') resolve((roomId = client.room = payload));
      else if (type === 'iceCandidate') onCandidate(payload);
      else if (type === 'answer') await connection.setRemoteDescription(new RTCSessionDescription(payload));
      else if (type === 'offer') {
        await connection.setRemoteDescription(new RTCSessionDescription(payload));
        await describe(await connection.createAnswer());
      }
    };
  });
  if (roomId) {
    await describe(await connection.createOffer());
  } else {
    socket.send(JSON.stringify({ type: 'createRoom', payload: false }));
    await created;
  }
  return client;
};
