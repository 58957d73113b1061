// Looks at a page from the outside, as a person would, and counts what it holds. Runs before the page's own scripts in
// Chrome; elsewhere the first snapshot installs it. The page knows nothing of it.
(() => {
  if (window.__e2e) return;
  const e2e = (window.__e2e = { measuringAudio: false, console: [], memories: [] });
  const connections = [];
  const tracks = [];
  const shared = [];
  const meters = new WeakMap();
  let videoCount = 0;

  const record = (kind, text) => {
    e2e.console.push(`${kind}: ${text}`.slice(0, 600));
    if (e2e.console.length > 200) e2e.console.shift();
  };
  for (const kind of ['error', 'warn', 'log', 'info']) {
    const original = console[kind];
    console[kind] = (...args) => {
      record(kind, args.map(String).join(' '));
      original.apply(console, args);
    };
  }
  addEventListener('error', event => record('error', `uncaught ${event.message}`));
  addEventListener('unhandledrejection', event => record('error', `unhandled ${event.reason}`));

  // Weak references: the probe must not keep alive what the page has let go.
  if (window.RTCPeerConnection)
    window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
      construct(target, args, newTarget) {
        const connection = Reflect.construct(target, args, newTarget);
        connections.push(new WeakRef(connection));
        return connection;
      },
    });
  // Where the probe comes late, a connection is met when it hears its first description.
  if (window.RTCPeerConnection) {
    const { prototype } = window.RTCPeerConnection;
    const original = prototype.setRemoteDescription;
    prototype.setRemoteDescription = function (...args) {
      if (!connections.some(ref => ref.deref() === this)) connections.push(new WeakRef(this));
      return original.apply(this, args);
    };
  }
  const devices = navigator.mediaDevices;
  if (devices) {
    const getUserMedia = devices.getUserMedia.bind(devices);
    devices.getUserMedia = async constraints => {
      const stream = await getUserMedia(constraints);
      tracks.push(...stream.getTracks().map(track => new WeakRef(track)));
      return stream;
    };
    const getDisplayMedia = devices.getDisplayMedia?.bind(devices);
    if (getDisplayMedia)
      devices.getDisplayMedia = async options => {
        const stream = await getDisplayMedia(options);
        shared.push(...stream.getTracks().map(track => new WeakRef(track)));
        return stream;
      };
    const clone = MediaStreamTrack.prototype.clone;
    MediaStreamTrack.prototype.clone = function () {
      const copy = clone.call(this);
      tracks.push(new WeakRef(copy));
      return copy;
    };
  }
  for (const name of ['instantiate', 'instantiateStreaming']) {
    const original = WebAssembly[name];
    WebAssembly[name] = async (...args) => {
      const result = await original.apply(WebAssembly, args);
      // By what they are: an optimised bundle calls its exports by other names.
      // The same memory may be there twice, for another part of the program.
      const exported = new Set(Object.values((result.instance ?? result).exports));
      e2e.memories.push(...[...exported].filter(it => it instanceof WebAssembly.Memory));
      return result;
    };
  }

  const alive = (list, test) => {
    for (let i = list.length; i--; ) if (!list[i].deref()) list.splice(i, 1);
    return list.map(ref => ref.deref()).filter(thing => thing && test(thing));
  };

  // ---- what arrives: sampled often, so that a gap in the picture and a short beep are both noticed
  const meterOf = video => {
    let meter = meters.get(video);
    if (!meter) meters.set(video, (meter = { number: ++videoCount, frames: 0, last: performance.now() }));
    if (!('gap' in meter)) Object.assign(meter, { gap: 0, sound: 0, samples: 0 });
    return meter;
  };
  // Firefox counts no frames of a live stream in its playback quality; there each frame is asked for.
  const framesOf = (video, meter) => {
    const total = video.getVideoPlaybackQuality().totalVideoFrames;
    if (total > 0 || !video.requestVideoFrameCallback) return total;
    if (!meter.countsFrames) {
      meter.countsFrames = true;
      const count = () => {
        meter.presented = (meter.presented ?? 0) + 1;
        video.requestVideoFrameCallback(count);
      };
      video.requestVideoFrameCallback(count);
    }
    return meter.presented ?? 0;
  };
  // Firefox runs no audio context without a sound card; what it decodes and plays is in its statistics.
  const listenToStatistics = async (track, meter) => {
    context.resume();
    if (meter.statsPending) return;
    meter.statsPending = true;
    const receivers = connections.flatMap(ref => ref.deref()?.getReceivers() ?? []);
    const report = await receivers.find(receiver => receiver.track === track)?.getStats();
    meter.statsPending = false;
    for (const entry of report?.values() ?? []) {
      if (entry.type !== 'inbound-rtp') continue;
      if (meter.energy !== undefined) meter.sound += Math.max(0, entry.totalAudioEnergy - meter.energy);
      meter.energy = entry.totalAudioEnergy;
      meter.samples += 1;
    }
  };
  let context;
  const listen = (video, meter) => {
    const track = video.srcObject?.getAudioTracks?.().find(track => track.readyState === 'live');
    if (meter.track !== track?.id) {
      meter.source?.disconnect();
      meter.track = track?.id;
      meter.analyser = undefined;
      if (track) {
        context ??= new AudioContext();
        meter.source = context.createMediaStreamSource(new MediaStream([track]));
        meter.analyser = context.createAnalyser();
        meter.analyser.fftSize = 4096;
        meter.source.connect(meter.analyser);
        meter.buffer = new Float32Array(4096);
      }
    }
    if (!meter.analyser) return;
    if (context.state !== 'running') return void listenToStatistics(track, meter);
    meter.analyser.getFloatTimeDomainData(meter.buffer);
    let energy = 0;
    for (const sample of meter.buffer) energy += sample * sample;
    meter.sound += energy;
    meter.samples += 1;
  };
  const sample = () => {
    const now = performance.now();
    for (const video of document.querySelectorAll('[data-participant]:not([data-self]) video')) {
      const meter = meterOf(video);
      const frames = framesOf(video, meter);
      if (frames !== meter.frames) Object.assign(meter, { frames, last: now });
      meter.gap = Math.max(meter.gap, now - meter.last);
      if (e2e.measuringAudio) listen(video, meter);
    }
  };
  setInterval(sample, 40);

  e2e.reset = () => {
    for (const video of document.querySelectorAll('video')) {
      Object.assign(meterOf(video), { gap: 0, sound: 0, samples: 0, last: performance.now() });
    }
  };

  // ---- what no person can see: the kinds of the paths in use, and offers made on purpose
  // One that is prepared for whoever comes may have been told the credentials of nobody.
  const isDescribed = it => it.remoteDescription && !it.remoteDescription.sdp.includes('a=ice-ufrag:none');
  const open = () => alive(connections, it => it.connectionState !== 'closed' && isDescribed(it));
  const prepared = () => alive(connections, it => it.connectionState !== 'closed' && !isDescribed(it));
  e2e.paths = async () => {
    const paths = open().map(async connection => {
      const report = await connection.getStats();
      const all = [...report.values()];
      const nominated = all.find(it => it.type === 'transport' && it.selectedCandidatePairId);
      const pair = nominated
        ? report.get(nominated.selectedCandidatePairId)
        : all.find(it => it.type === 'candidate-pair' && it.selected);
      return report.get(pair?.localCandidateId)?.candidateType ?? 'none';
    });
    return Promise.all(paths);
  };
  // What the streams of pictures are like, for whoever has to find out why one of them stands still.
  e2e.pictures = async () => {
    const words = ['framesPerSecond', 'framesDecoded', 'framesEncoded', 'frames', 'frameWidth', 'bytesReceived', 'bytesSent',
      'packetsLost', 'qpSum', 'keyFramesDecoded', 'keyFramesEncoded', 'pliCount', 'nackCount', 'freezeCount', 'targetBitrate',
      'qualityLimitationReason', 'jitterBufferDelay', 'availableOutgoingBitrate', 'currentRoundTripTime'];
    const reports = await Promise.all(open().map(connection => connection.getStats()));
    const entries = reports.flatMap(report => [...report.values()]).filter(it =>
      (it.kind === 'video' && /^(inbound-rtp|outbound-rtp|media-source)$/.test(it.type)) || it.nominated);
    return entries.map(it => `${it.type} ${words.filter(word => word in it).map(word => `${word}=${it[word]}`).join(' ')}`);
  };
  // What has arrived so far: pictures that could be shown, packets of sound, and how much of each.
  e2e.received = async () => {
    const reports = await Promise.all(open().map(connection => connection.getStats()));
    const inbound = reports.flatMap(report => [...report.values()]).filter(it => it.type === 'inbound-rtp');
    const sum = (kind, word) => inbound.filter(it => it.kind === kind).reduce((sum, it) => sum + (it[word] ?? 0), 0);
    return {
      framesDecoded: sum('video', 'framesDecoded'),
      audioPackets: sum('audio', 'packetsReceived'),
      videoBytes: sum('video', 'bytesReceived'),
      audioBytes: sum('audio', 'bytesReceived'),
    };
  };
  // The widths in which a camera is sent as several layers, from the smallest up; 0 for one that is not.
  e2e.layers = async () => {
    const reports = await Promise.all(open().map(connection => connection.getStats()));
    const outbound = reports.flatMap(report => [...report.values()]).filter(it => it.type === 'outbound-rtp');
    return ['q', 'h', 'f'].map(rid => outbound.find(it => it.rid === rid)?.frameWidth ?? 0);
  };
  e2e.renegotiate = () => open().forEach(connection => connection.restartIce());
  e2e.states = () =>
    [...open(), ...prepared()]
      .map(it => `${it.signalingState} ${it.connectionState} ${it.iceConnectionState} ${it.iceGatheringState}`)
      .join(', ');
  e2e.allStable = () =>
    open().length > 0 &&
    open().every(it => it.signalingState === 'stable' && it.connectionState === 'connected');

  // ---- a snapshot of everything
  const canvas = document.createElement('canvas');
  canvas.width = 16;
  canvas.height = 12;
  const drawing = canvas.getContext('2d', { willReadFrequently: true });
  const pixels = video => {
    if (!video || !video.videoWidth) return { brightness: 0, picture: '' };
    drawing.drawImage(video, 0, 0, 16, 12);
    const { data } = drawing.getImageData(0, 0, 16, 12);
    let sum = 0;
    let picture = 0;
    for (let i = 0; i < data.length; i++) {
      if (i % 4 === 3) continue;
      sum += data[i];
      picture = (Math.imul(picture, 31) + data[i]) | 0;
    }
    return { brightness: sum / (16 * 12 * 3), picture: String(picture) };
  };
  const shown = element => {
    const box = element.getBoundingClientRect();
    return box.width > 0 && box.height > 0 && getComputedStyle(element).visibility === 'visible';
  };
  const box = element => {
    const { x, y, width, height } = element.getBoundingClientRect();
    return { x, y, width, height };
  };
  const text = element => element?.textContent.replace(/\s+/g, ' ').trim() ?? '';
  const videoOf = element => {
    const video = element.querySelector('video');
    if (!video) return null;
    const meter = meterOf(video);
    return {
      number: meter.number,
      frames: framesOf(video, meter),
      width: video.videoWidth,
      muted: video.muted,
      paused: video.paused,
      visible: shown(video),
      gap: meter.gap,
      sound: meter.sound,
      samples: meter.samples,
      ...pixels(video),
    };
  };
  const tile = element => ({
    id: element.dataset.participant ?? '',
    own: 'self' in element.dataset,
    source: element.dataset.source ?? '',
    connection: element.dataset.connection ?? '',
    reason: element.dataset.reason ?? '',
    microphone: element.dataset.microphone ?? '',
    camera: element.dataset.camera ?? '',
    name: text(element.querySelector('.name')),
    status: text(element.querySelector('[role=status]')),
    videos: element.querySelectorAll('video').length,
    video: videoOf(element),
    box: box(element),
  });
  const control = element => ({
    name: element.dataset.control,
    visible: shown(element),
    disabled: element.disabled === true,
    pressed: element.getAttribute('aria-pressed') ?? '',
    state: element.dataset.sourceState ?? '',
    error: element.dataset.error ?? '',
    box: box(element),
  });
  const all = (selector, make) => [...document.querySelectorAll(selector)].map(make);
  e2e.snapshot = () => {
    const room = document.querySelector('visavis-room');
    return {
      state: room?.dataset.state ?? '',
      problem: room?.dataset.problem ?? '',
      obstacle: room?.dataset.obstacle ?? '',
      hidden: document.hidden,
      width: innerWidth,
      height: innerHeight,
      scrollWidth: document.documentElement.scrollWidth,
      tiles: all('[data-participant]', tile),
      controls: all('[data-control]', control),
      notices: all('[data-notice]', notice => ({
        code: notice.dataset.notice,
        text: text(notice),
        visible: shown(notice),
      })),
      resources: {
        connections: open().length,
        prepared: prepared().length,
        tracks: alive(tracks, it => it.readyState === 'live').map(it => it.kind),
        shared: alive(shared, it => it.readyState === 'live').map(it => it.kind),
        videos: document.querySelectorAll('video').length,
        memory: e2e.memories.reduce((sum, memory) => sum + memory.buffer.byteLength, 0),
      },
      errors: e2e.console.filter(line => line.startsWith('error')),
    };
  };
})();
