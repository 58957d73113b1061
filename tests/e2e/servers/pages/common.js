// What the imitations of other people's clients share. Each imitation negotiates as its original does, mistakes included.
export const parameters = Object.fromEntries(new URLSearchParams(location.search));

export const capture = () => navigator.mediaDevices.getUserMedia({ audio: true, video: true });

/** Waits until the time that a test gives to `window.begin`, if it was asked to (`held`). */
export const waitForStart = async () => {
  if (!parameters.held) return;
  window.client.ready = true;
  await new Promise(resolve => (window.begin = at => setTimeout(resolve, at - Date.now())));
};

export const script = source =>
  new Promise((resolve, reject) => {
    const element = document.createElement('script');
    Object.assign(element, { src: source, onload: resolve, onerror: reject });
    document.head.append(element);
  });

/** The client that a Socket.IO server hands out itself. */
export const socketIo = async () => {
  await script(`${parameters.server}/socket.io/socket.io.js`);
  return window.io(parameters.server);
};

export const webSocket = (...protocols) =>
  new Promise((resolve, reject) => {
    const socket = new WebSocket(parameters.server.replace('http', 'ws'), protocols);
    socket.addEventListener('open', () => resolve(socket));
    socket.addEventListener('error', reject);
  });

export const show = stream => {
  let video = [...document.querySelectorAll('video')].find(it => it.srcObject === stream);
  if (!video) document.body.append((video = document.createElement('video')));
  Object.assign(video, { srcObject: stream, autoplay: true, width: 160 });
  video.play().catch(() => {});
};

export const hide = () => document.querySelectorAll('video').forEach(video => video.remove());

const connections = [];
window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
  construct(target, args, newTarget) {
    const connection = Reflect.construct(target, args, newTarget);
    connections.push(connection);
    return connection;
  },
});

const drawing = Object.assign(document.createElement('canvas'), { width: 16, height: 12 }).getContext('2d', {
  willReadFrequently: true,
});
const pictureOf = video => {
  drawing.drawImage(video, 0, 0, 16, 12);
  return String(drawing.getImageData(0, 0, 16, 12).data.reduce((sum, value) => (Math.imul(sum, 31) + value) | 0, 7));
};

// Firefox counts no frames of a live stream in its playback quality; there each frame is asked for.
const framesShown = new WeakMap();
const framesOf = video => {
  const total = video.getVideoPlaybackQuality().totalVideoFrames;
  if (!total && !framesShown.has(video)) {
    const count = () => {
      framesShown.set(video, (framesShown.get(video) ?? -1) + 1);
      video.requestVideoFrameCallback(count);
    };
    count();
  }
  return total || framesShown.get(video);
};

/** What a person sees and hears of the others. */
window.snapshot = async () => {
  let energy = 0;
  for (const connection of connections)
    for (const entry of (await connection.getStats()).values())
      if (entry.type === 'inbound-rtp') energy += entry.totalAudioEnergy ?? 0;
  const videos = [...document.querySelectorAll('video')].map(video => ({
    frames: framesOf(video),
    picture: pictureOf(video),
  }));
  return { videos, energy, states: connections.map(connection => connection.connectionState) };
};
