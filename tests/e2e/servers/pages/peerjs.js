// The real PeerJS client: answers every call, and calls by id.
import { capture, hide, parameters, script, show } from './common.js';

export const start = async () => {
  await script('peerjs/dist/peerjs.min.js');
  const stream = await capture();
  const { hostname: host, port } = new URL(parameters.server);
  const client = Object.assign(window.client, { closed: 0 });
  const peer = new window.Peer(parameters.room, { host, port: Number(port), path: '/', secure: false });
  const keep = call => {
    client.current = call;
    call.on('stream', show);
    call.on('close', () => {
      client.closed += 1;
      hide();
    });
  };
  peer.on('call', call => {
    keep(call);
    call.answer(stream);
  });
  await new Promise((resolve, reject) => peer.on('open', resolve).on('error', reject));
  client.call = id => keep(peer.call(id, stream));
  client.close = () => client.current.close();
  return client;
};
