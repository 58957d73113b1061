// Looks at a page from the outside: the same for every client, whatever it is written in. Runs before the page's scripts and
// changes nothing of what they see, except that it sets the size of the camera's picture.
//
// What a client says of itself is `window.bench`:
//   ready        a promise: the page could be joined from now on
//   prepare()    what a person sees before the click: their own picture
//   join(room)   the click
//   leave()      out of the call; the page can join again
(() => {
  if (window !== window.top) return;
  const config = window.probeConfig ?? {};
  const here = () => performance.timeOrigin + performance.now();
  const probe = (window.probe = { origin: performance.timeOrigin, times: {}, reached: {}, full: null, failed: null });
  const remoteTracks = new Set();
  const connections = [];
  const videos = [];
  const shown = new WeakSet();
  let waiting = [];

  // Weak references: the probe must not keep alive what the page has let go.
  const alive = list => list.map(ref => ref.deref()).filter(Boolean);

  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args, newTarget) {
      const connection = Reflect.construct(target, args, newTarget);
      connections.push(new WeakRef(connection));
      connection.addEventListener('track', event => remoteTracks.add(event.track.id));
      return connection;
    },
  });

  const getUserMedia = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async constraints => {
    const size = config.camera;
    if (constraints?.video && size) {
      const asked = constraints.video === true ? {} : constraints.video;
      const video = { ...asked, width: { ideal: size.width }, height: { ideal: size.height } };
      constraints = { ...constraints, video };
    }
    return getUserMedia(constraints);
  };

  const isRemote = video => video.srcObject?.getVideoTracks?.().some(track => remoteTracks.has(track.id));
  const shownVideos = () => alive(videos).filter(video => video.isConnected && shown.has(video) && isRemote(video));

  const look = (video, stream) =>
    video.requestVideoFrameCallback((_, frame) => {
      if (video.srcObject !== stream) return;
      if (!isRemote(video)) {
        probe.times.own ??= here();
        // A stream may get its remote track later.
        return look(video, stream);
      }
      if (!shown.has(video)) {
        shown.add(video);
        probe.reached[shownVideos().length] ??= here();
      }
      if (config.camera && Math.min(frame.width, frame.height) >= config.camera.height) probe.full ??= here();
      else if (config.full) look(video, stream);
      check();
    });

  const source = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
  Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
    ...source,
    set(stream) {
      const before = source.get.call(this);
      source.set.call(this, stream);
      if (!(this instanceof HTMLVideoElement) || !stream || stream === before) return;
      if (!alive(videos).includes(this)) videos.push(new WeakRef(this));
      shown.delete(this);
      look(this, stream);
    },
  });

  // Nothing is polled: what waits is asked when a picture has come.
  const check = () => {
    waiting = waiting.filter(({ condition, resolve }) => !condition() || resolve(true));
  };
  const wait = (condition, limit) =>
    new Promise(resolve => {
      if (condition()) return resolve(true);
      waiting.push({ condition, resolve });
      setTimeout(() => resolve(false), limit);
    });

  probe.waitForPictures = (count, limit) => wait(() => probe.reached[count] !== undefined, limit);
  probe.waitForFullPicture = limit => wait(() => probe.full !== null, limit);
  probe.reset = () => Object.assign(probe, { reached: {}, full: null });
  probe.counts = () => ({
    connections: alive(connections).filter(it => it.signalingState !== 'closed').length,
    reachable: alive(connections).length,
    videos: alive(videos).filter(it => it.isConnected && isRemote(it)).length,
  });
  probe.frames = () =>
    shownVideos().reduce((sum, video) => sum + video.getVideoPlaybackQuality().totalVideoFrames, 0);
  probe.narrowest = () => Math.min(...shownVideos().map(video => video.videoWidth));
  probe.waitUntilEmpty = async limit => {
    const end = here() + limit;
    while (here() < end) {
      // Not the connections: ours has one ready for the next who comes.
      if (!probe.counts().videos) return true;
      await new Promise(resolve => setTimeout(resolve, 20));
    }
    return false;
  };
  // As many pixels to paint, whatever a page makes of its pictures.
  probe.sameSize = () => {
    const style = new CSSStyleSheet();
    style.replaceSync(
      'video { width: 320px !important; height: 240px !important; min-width: 0 !important; max-width: none !important; ' +
        'min-height: 0 !important; max-height: none !important; transform: none !important; object-fit: fill !important }',
    );
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, style];
  };
  probe.bytes = () => {
    const entries = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
    const files = entries.filter(entry => entry.encodedBodySize > 0);
    return { files: files.length, bytes: files.reduce((sum, entry) => sum + entry.encodedBodySize, 0) };
  };

  probe.join = room => {
    probe.times.click = here();
    Promise.resolve(window.bench.join(room)).catch(error => (probe.failed = String(error)));
  };
  let bench;
  Object.defineProperty(window, 'bench', {
    get: () => bench,
    set(client) {
      bench = client;
      Promise.resolve(client.ready).then(() => {
        probe.times.ready = here();
        if (config.room) probe.join(config.room);
      });
    },
  });
  probe.waitForReady = async () => {
    while (!probe.times.ready) await new Promise(resolve => setTimeout(resolve, 5));
  };
})();
