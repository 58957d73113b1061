// PeerJS with its own server, as its tutorials have it: a room server beside it tells the ids, and whoever is there calls the
// newcomer.
import { address, camera, hide, offerTo, show } from './common.js';

const calls = new Map();
const ids = new Map();
let peer, socket;

function take(call) {
  const entry = { call, video: null };
  calls.set(call.peer, entry);
  call.on('stream', stream => (entry.video ??= show(stream)));
  call.on('close', () => drop(call.peer));
  call.on('error', () => {});
}

function drop(id) {
  const entry = calls.get(id);
  if (!entry) return;
  calls.delete(id);
  entry.call.close();
  hide(entry.video);
}

offerTo({
  async join(room) {
    const stream = await camera();
    const id = crypto.randomUUID();
    const [host, port] = address.get('peer').split(':');
    peer = new Peer(id, { host, port: Number(port), path: '/', secure: false, config: { iceServers: [] } });
    peer.on('call', call => {
      take(call);
      call.answer(stream);
    });
    peer.on('error', () => {});
    socket = new WebSocket(address.get('signal'));
    const opened = new Promise(resolve => (socket.onopen = resolve));
    await Promise.all([opened, new Promise(resolve => peer.on('open', resolve))]);
    socket.onmessage = ({ data }) => {
      const message = JSON.parse(data);
      if (message.from) {
        ids.set(message.from, message.data);
        take(peer.call(message.data, stream));
      } else if (message.type === 'peers') {
        message.ids.forEach(to => socket.send(JSON.stringify({ to, data: id })));
      } else if (message.type === 'left') {
        drop(ids.get(message.id));
      }
    };
    socket.send(JSON.stringify({ type: 'join', room }));
  },
  async leave() {
    socket.onmessage = null;
    socket.close();
    [...calls.keys()].forEach(drop);
    peer.destroy();
  },
});
