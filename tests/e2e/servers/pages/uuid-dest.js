// The client of a server that repeats everything: a connection for each name that it hears, and a call to whoever answers
// its own. What comes of somebody without a connection is an error, and nothing waits for its time.
import { capture, show, webSocket } from './common.js';

export const start = async () => {
  const stream = await capture();
  const socket = await webSocket();
  const uuid = crypto.randomUUID();
  const displayName = 'Original';
  const peers = {};
  const say = message => socket.send(JSON.stringify({ ...message, uuid }));

  const describe = async (dest, description) => {
    await peers[dest].setLocalDescription(description);
    say({ sdp: peers[dest].localDescription, dest });
  };
  const connect = async (peer, calls) => {
    const connection = (peers[peer] = new RTCPeerConnection());
    connection.onicecandidate = ({ candidate }) => candidate && say({ ice: candidate, dest: peer });
    connection.ontrack = ({ streams }) => show(streams[0]);
    connection.addStream(stream);
    if (calls) await describe(peer, await connection.createOffer());
  };
  socket.onmessage = async ({ data }) => {
    const message = JSON.parse(data);
    const from = message.uuid;
    if (from === uuid || (message.dest !== uuid && message.dest !== 'all')) return;
    if (message.displayName && message.dest === 'all') {
      connect(from, false);
      say({ displayName, dest: from });
    } else if (message.displayName) {
      connect(from, true);
    } else if (message.sdp) {
      await peers[from].setRemoteDescription(message.sdp);
      if (message.sdp.type === 'offer') await describe(from, await peers[from].createAnswer());
    } else if (message.ice) {
      peers[from].addIceCandidate(message.ice);
    }
  };
  say({ displayName, dest: 'all' });
  return {};
};
