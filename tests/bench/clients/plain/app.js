// Written by hand as the tutorials have it: camera, WebSocket, join; the newcomer offers to everybody in the list. Perfect
// negotiation as in the WebRTC standard, candidates as they come. With `?early` the WebSocket is opened beside the camera,
// before the click, as the better ones do.
import { address, camera, hide, offerTo, show } from './common.js';

const peers = new Map();
let socket, opened;

function open() {
  socket ??= new WebSocket(address.get('signal'));
  opened ??= new Promise(resolve => (socket.onopen = resolve));
  return opened;
}

const send = message => socket.send(JSON.stringify(message));

function connect(id, stream, polite) {
  const connection = new RTCPeerConnection({ iceServers: [] });
  const peer = { connection, early: [], video: null };
  let making = false, ignored = false, described = false;
  connection.onnegotiationneeded = async () => {
    making = true;
    await connection.setLocalDescription();
    send({ to: id, data: { description: connection.localDescription } });
    making = false;
  };
  connection.onicecandidate = ({ candidate }) => candidate && send({ to: id, data: { candidate } });
  connection.ontrack = ({ streams }) => (peer.video ??= show(streams[0]));
  connection.onconnectionstatechange = () => connection.connectionState === 'failed' && connection.restartIce();
  peer.hear = async ({ description, candidate }) => {
    if (description) {
      const offer = description.type === 'offer';
      ignored = !polite && offer && (making || connection.signalingState !== 'stable');
      if (ignored) return;
      described = true;
      await connection.setRemoteDescription(description);
      peer.early.splice(0).forEach(early => connection.addIceCandidate(early).catch(() => {}));
      if (!offer) return;
      await connection.setLocalDescription();
      send({ to: id, data: { description: connection.localDescription } });
    } else if (described) {
      await connection.addIceCandidate(candidate).catch(() => {});
    } else {
      peer.early.push(candidate);
    }
  };
  stream.getTracks().forEach(track => connection.addTrack(track, stream));
  peers.set(id, peer);
  return peer;
}

function drop(id) {
  const peer = peers.get(id);
  if (!peer) return;
  peers.delete(id);
  peer.connection.close();
  hide(peer.video);
}

offerTo({
  prepare: () => Promise.all([camera(), address.has('early') ? open() : null]),
  async join(room) {
    const stream = await camera();
    await open();
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.from) (peers.get(message.from) ?? connect(message.from, stream, true)).hear(message.data);
      else if (message.type === 'peers') message.ids.forEach(id => connect(id, stream, false));
      else if (message.type === 'left') drop(message.id);
    };
    send({ type: 'join', room });
  },
  async leave() {
    socket.onmessage = null;
    socket.close();
    socket = opened = undefined;
    [...peers.keys()].forEach(drop);
  },
});
