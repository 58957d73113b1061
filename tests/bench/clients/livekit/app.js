// LiveKit's own client, as its README has it: connect, publish, attach what comes. The page makes its token itself, which
// elsewhere is one more question to a server.
import { address, offerTo } from './common.js';

const { Room, RoomEvent, createLocalTracks } = LivekitClient;
const videos = document.getElementById('videos');
const bytes = text => new TextEncoder().encode(text);
const base64 = data =>
  btoa(String.fromCharCode(...new Uint8Array(data))).replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
let room, tracks;

async function token(name) {
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'bench', sub: crypto.randomUUID(), nbf: now - 60, exp: now + 3600, video: { room: name, roomJoin: true } };
  const text = [{ alg: 'HS256', typ: 'JWT' }, claims].map(part => base64(bytes(JSON.stringify(part)))).join('.');
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', bytes(address.get('secret')), algorithm, false, ['sign']);
  return `${text}.${base64(await crypto.subtle.sign('HMAC', key, bytes(text)))}`;
}

async function camera() {
  if (tracks) return;
  tracks = await createLocalTracks({ audio: true, video: true });
  videos.append(tracks.find(track => track.kind === 'video').attach());
}

offerTo({
  prepare: camera,
  async join(name) {
    await camera();
    room = new Room({ adaptiveStream: true, dynacast: true });
    room.on(RoomEvent.TrackSubscribed, track => videos.append(track.attach()));
    room.on(RoomEvent.TrackUnsubscribed, track => track.detach().forEach(element => element.remove()));
    await room.connect(address.get('signal'), await token(name));
    await Promise.all(tracks.map(track => room.localParticipant.publishTrack(track)));
  },
  leave: () => room.disconnect(false),
});
