// The room of the plain page, with simple-peer for the connections, as its README has it.
import { address, camera, hide, offerTo, show } from './common.js';

const peers = new Map();
let socket;

function connect(id, stream, initiator) {
  const peer = new SimplePeer({ initiator, stream, config: { iceServers: [] } });
  peer.on('signal', data => socket.send(JSON.stringify({ to: id, data })));
  peer.on('stream', remote => (peer.video ??= show(remote)));
  peer.on('close', () => drop(id));
  peer.on('error', () => {});
  peers.set(id, peer);
  return peer;
}

function drop(id) {
  const peer = peers.get(id);
  if (!peer) return;
  peers.delete(id);
  peer.destroy();
  hide(peer.video);
}

offerTo({
  async join(room) {
    const stream = await camera();
    socket = new WebSocket(address.get('signal'));
    socket.onopen = () => socket.send(JSON.stringify({ type: 'join', room }));
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.from) (peers.get(message.from) ?? connect(message.from, stream, false)).signal(message.data);
      else if (message.type === 'peers') message.ids.forEach(id => connect(id, stream, true));
      else if (message.type === 'left') drop(message.id);
    };
  },
  async leave() {
    socket.onmessage = null;
    socket.close();
    [...peers.keys()].forEach(drop);
  },
});
