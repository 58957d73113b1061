// The client of a group chat: a connection for each `addPeer`, candidates without their mid, and no queue for early ones.
import { capture, hide, parameters, show, socketIo } from './common.js';

export const start = async () => {
  const stream = await capture();
  const socket = await socketIo();
  const peers = {};

  const say = (to, description) =>
    socket.emit('relaySessionDescription', { peer_id: to, session_description: description });

  socket.on('addPeer', async ({ peer_id, should_create_offer }) => {
    if (peer_id in peers) return;
    const connection = (peers[peer_id] = new RTCPeerConnection());
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      const ice_candidate = { sdpMLineIndex: candidate.sdpMLineIndex, candidate: candidate.candidate };
      socket.emit('relayICECandidate', { peer_id, ice_candidate });
    };
    connection.onaddstream = event => show(event.stream);
    connection.addStream(stream);
    if (!should_create_offer) return;
    const offer = await connection.createOffer();
    await connection.setLocalDescription(offer);
    say(peer_id, offer);
  });
  socket.on('sessionDescription', async ({ peer_id, session_description }) => {
    const connection = peers[peer_id];
    await connection.setRemoteDescription(new RTCSessionDescription(session_description));
    if (session_description.type !== 'offer') return;
    const answer = await connection.createAnswer();
    await connection.setLocalDescription(answer);
    say(peer_id, answer);
  });
  socket.on('iceCandidate', ({ peer_id, ice_candidate }) => {
    peers[peer_id].addIceCandidate(new RTCIceCandidate(ice_candidate));
  });
  socket.on('removePeer', ({ peer_id }) => {
    peers[peer_id]?.close();
    delete peers[peer_id];
    hide();
  });
  socket.on('connect', () => socket.emit('join', { channel: parameters.room, userdata: {} }));
  return {};
};
