// The client of the codelab: it starts when it has media and knows that somebody is there, but looks at that only when
// one of the two changes; an offer that comes before is lost, and so is a candidate before the start.
import { capture, hide, parameters, show, socketIo } from './common.js';

export const start = async () => {
  const socket = await socketIo();
  const { room } = parameters;
  let isInitiator = false;
  let isChannelReady = false;
  let isStarted = false;
  let connection;
  let stream;

  const say = message => socket.emit('message', message, ...(parameters.second ? [room] : []));
  const setLocalAndSay = description => {
    connection.setLocalDescription(description);
    say(description);
  };
  const maybeStart = () => {
    if (isStarted || !stream || !isChannelReady) return;
    connection = new RTCPeerConnection(null);
    connection.onicecandidate = ({ candidate }) => {
      if (!candidate) return;
      const { sdpMLineIndex: label, sdpMid: id } = candidate;
      say({ type: 'candidate', label, id, candidate: candidate.candidate });
    };
    connection.onaddstream = event => show(event.stream);
    connection.addStream(stream);
    isStarted = true;
    if (isInitiator) connection.createOffer(setLocalAndSay, console.error);
  };
  const stop = () => {
    isStarted = false;
    connection.close();
    connection = null;
    hide();
  };

  socket.on('created', () => (isInitiator = true));
  socket.on('join', () => (isChannelReady = true));
  socket.on('joined', () => (isChannelReady = true));
  socket.on('message', message => {
    if (message === 'got user media') {
      maybeStart();
    } else if (message.type === 'offer') {
      if (!isInitiator && !isStarted) maybeStart();
      connection.setRemoteDescription(new RTCSessionDescription(message));
      connection.createAnswer().then(setLocalAndSay, console.error);
    } else if (message.type === 'answer' && isStarted) {
      connection.setRemoteDescription(new RTCSessionDescription(message));
    } else if (message.type === 'candidate' && isStarted) {
      const { label: sdpMLineIndex, candidate } = message;
      connection.addIceCandidate(new RTCIceCandidate({ sdpMLineIndex, candidate }));
    } else if (message === 'bye' && isStarted) {
      stop();
      isInitiator = false;
    }
  });
  socket.emit('create or join', room);
  stream = await capture();
  say('got user media');
  if (isInitiator) maybeStart();
  return {};
};
