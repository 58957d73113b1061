// An `RTCPeerConnection` for browsers that are built without one: it negotiates by the rules of W3C webrtc-pc as far as
// two pages of ours need that (no rollback), and what it receives are a canvas that moves and a tone. Nothing passes
// between two of them but their descriptions and candidates, through the server.
(() => {
  if (window.RTCPeerConnection) return;

  const hex = length =>
    [...crypto.getRandomValues(new Uint8Array(length))].map(byte => byte.toString(16).padStart(2, '0'));
  const event = (name, more) => Object.assign(new Event(name), more);

  // ---- what arrives
  // The picture of a camera: a light disc that goes round on a ground of one colour.
  const picture = hue => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const drawing = canvas.getContext('2d');
    const draw = () => {
      const angle = (performance.now() / 3000) * 2 * Math.PI;
      drawing.fillStyle = `hsl(${hue} 45% 40%)`;
      drawing.fillRect(0, 0, 320, 180);
      drawing.fillStyle = 'hsl(0 0% 95%)';
      drawing.beginPath();
      drawing.arc(160 + 90 * Math.cos(angle), 90 + 50 * Math.sin(angle), 30, 0, 2 * Math.PI);
      drawing.fill();
    };
    draw();
    const timer = setInterval(draw, 200);
    const [track] = canvas.captureStream(5).getVideoTracks();
    return { track, end: () => clearInterval(timer) };
  };
  const tone = () => {
    const context = new AudioContext();
    const source = context.createOscillator();
    const volume = new GainNode(context, { gain: 0.05 });
    const sink = context.createMediaStreamDestination();
    source.connect(volume).connect(sink);
    source.start();
    const [track] = sink.stream.getAudioTracks();
    // A connection may be made before anybody has clicked, and then a context does not run by itself.
    return { track, begin: () => context.resume(), end: () => context.close() };
  };

  // ---- descriptions
  const CODECS = { audio: '111 opus/48000/2', video: '96 VP8/90000' };
  // Everybody here has the same certificate, and this is its SHA-256.
  const CERTIFICATE = new TextEncoder().encode('certificate');
  const FINGERPRINT =
    '03:D6:6D:D0:88:35:C1:CA:3F:12:8C:CE:AC:D1:F3:1A:C9:41:63:09:6B:20:F4:45:AE:84:28:5B:C0:83:2D:72';

  const section = ({ mid, kind, direction, ufrag, fingerprint, setup }) => {
    const [payload, codec] = CODECS[kind].split(' ');
    return [
      `m=${kind} 9 UDP/TLS/RTP/SAVPF ${payload}`,
      'c=IN IP4 0.0.0.0',
      `a=mid:${mid}`,
      `a=ice-ufrag:${ufrag}`,
      `a=ice-pwd:${ufrag.repeat(3)}`,
      `a=fingerprint:sha-256 ${fingerprint}`,
      `a=setup:${setup}`,
      'a=rtcp-mux',
      `a=${direction}`,
      `a=rtpmap:${payload} ${codec}`,
    ];
  };
  const read = sdp => {
    const [head, ...sections] = sdp.split(/^(?=m=)/m);
    return sections.map(text => ({
      kind: text.match(/^m=(\w+)/)[1],
      mid: text.match(/^a=mid:(\S+)/m)[1],
      ufrag: `${head}${text}`.match(/^a=ice-ufrag:(\S+)/m)[1],
      direction: text.match(/^a=(sendrecv|sendonly|recvonly|inactive)\s*$/m)[1],
    }));
  };
  const sends = direction => direction === 'sendrecv' || direction === 'sendonly';
  const receives = direction => direction === 'sendrecv' || direction === 'recvonly';
  const directionOf = (out, into) => (out ? (into ? 'sendrecv' : 'sendonly') : into ? 'recvonly' : 'inactive');

  class Transceiver {
    constructor(kind, direction, received) {
      Object.assign(this, { kind, direction, received, mid: null, currentDirection: null, stopped: false });
      this.receiver = { track: received.track };
      this.sender = {
        track: null,
        replaceTrack: async track => void (this.sender.track = track),
        setStreams: () => {},
      };
    }
  }

  class PeerConnection extends EventTarget {
    #transceivers = [];
    #hue = Math.random() * 360;
    #fingerprint = FINGERPRINT;
    #session = String(Date.now());
    #version = 0;
    #ufrag = hex(4).join('');
    #iceRestartRequested = false;
    #negotiationNeeded = false;
    #hasRemoteCandidate = false;
    #createdAt = performance.now();
    #operations = Promise.resolve();

    signalingState = 'stable';
    connectionState = 'new';
    iceConnectionState = 'new';
    iceGatheringState = 'new';
    currentLocalDescription = null;
    currentRemoteDescription = null;
    pendingLocalDescription = null;
    pendingRemoteDescription = null;
    onicecandidateerror = null;

    get localDescription() {
      return this.pendingLocalDescription ?? this.currentLocalDescription;
    }
    get remoteDescription() {
      return this.pendingRemoteDescription ?? this.currentRemoteDescription;
    }
    getSenders() {
      const certificates = this.currentRemoteDescription ? [CERTIFICATE.buffer] : [];
      return [{ transport: { getRemoteCertificates: () => certificates } }];
    }

    getTransceivers() {
      return [...this.#transceivers];
    }
    getReceivers() {
      return this.#transceivers.map(it => it.receiver);
    }
    setConfiguration() {}

    addTransceiver(kind, { direction = 'sendrecv' } = {}) {
      const transceiver = this.#createTransceiver(kind, direction);
      this.#updateNegotiationNeeded();
      return transceiver;
    }
    createDataChannel() {
      this.#updateNegotiationNeeded();
      return new EventTarget();
    }
    restartIce() {
      this.#iceRestartRequested = true;
      this.#updateNegotiationNeeded();
    }

    createAnswer() {
      return this.#chainOperation(() => this.#createDescription('answer'));
    }
    setLocalDescription(given) {
      return this.#chainOperation(() => {
        const fits = ['have-remote-offer', 'have-local-pranswer'].includes(this.signalingState);
        this.#applyLocal(given ?? this.#createDescription(fits ? 'answer' : 'offer'));
      });
    }
    setRemoteDescription(description) {
      return this.#chainOperation(() => this.#applyRemote(description));
    }
    addIceCandidate(candidate) {
      return this.#chainOperation(() => {
        if (!this.remoteDescription) throw new DOMException('no remote description', 'InvalidStateError');
        if (candidate?.candidate) this.#hasRemoteCandidate = true;
        this.#connect();
      });
    }

    async getStats() {
      const packets = this.connectionState === 'connected' ? (performance.now() - this.#createdAt) / 20 : 0;
      const entries = this.#transceivers.flatMap(({ kind, currentDirection, sender }) => [
        receives(currentDirection) && { type: 'inbound-rtp', kind, packetsReceived: Math.floor(packets) },
        sends(currentDirection) && sender.track && { type: 'outbound-rtp', kind, packetsSent: Math.floor(packets) },
      ]);
      return new Map(entries.filter(Boolean).map((entry, at) => [String(at), { id: String(at), ...entry }]));
    }

    close() {
      if (this.connectionState === 'closed') return;
      this.signalingState = 'closed';
      this.connectionState = this.iceConnectionState = 'closed';
      for (const { received } of this.#transceivers) {
        received.track.stop();
        received.end();
      }
    }

    // One operation after the other; none of a closed connection settles.
    #chainOperation(operation) {
      const result = this.#operations.then(() => {
        if (this.signalingState === 'closed') return new Promise(() => {});
        return operation();
      });
      this.#operations = result.catch(() => {});
      return result;
    }

    #createTransceiver(kind, direction) {
      const hue = this.#hue;
      const transceiver = new Transceiver(kind, direction, kind === 'video' ? picture(hue) : tone());
      this.#transceivers.push(transceiver);
      return transceiver;
    }

    #updateNegotiationNeeded() {
      if (this.#negotiationNeeded) return;
      this.#negotiationNeeded = true;
      setTimeout(() => this.#fireNegotiationNeeded());
    }
    #fireNegotiationNeeded() {
      if (this.#negotiationNeeded && this.signalingState === 'stable') this.dispatchEvent(event('negotiationneeded'));
    }

    #createDescription(type) {
      const expected = type === 'offer' ? 'stable' : 'have-remote-offer';
      const provisional = type === 'answer' && this.signalingState === 'have-local-pranswer';
      if (this.signalingState !== expected && !provisional)
        throw new DOMException(`${type} in ${this.signalingState}`, 'InvalidStateError');
      if (type === 'offer' && this.#iceRestartRequested) this.#ufrag = hex(4).join('');
      const offered = type === 'answer' ? read(this.remoteDescription.sdp) : [];
      const sections = this.#transceivers
        .filter(it => type === 'offer' || it.mid !== null)
        .map((transceiver, at) => {
          transceiver.mid ??= String(at);
          const theirs = offered.find(it => it.mid === transceiver.mid)?.direction ?? 'sendrecv';
          const { direction, kind, mid } = transceiver;
          return section({
            kind,
            mid,
            direction: directionOf(sends(direction) && receives(theirs), receives(direction) && sends(theirs)),
            ufrag: this.#ufrag,
            fingerprint: this.#fingerprint,
            setup: type === 'offer' ? 'actpass' : 'active',
          });
        });
      const head = [
        'v=0',
        `o=- ${this.#session} ${(this.#version += 1)} IN IP4 127.0.0.1`,
        's=-',
        't=0 0',
        `a=group:BUNDLE ${sections.map((_, at) => at).join(' ')}`,
      ];
      return { type, sdp: `${[head, ...sections].flat().join('\r\n')}\r\n` };
    }

    #applyLocal(description) {
      const { type } = description;
      if (type === 'offer') {
        this.#iceRestartRequested = this.#negotiationNeeded = false;
        this.#setSignalingState('have-local-offer', { pendingLocalDescription: description });
      } else if (type === 'pranswer') {
        this.#setSignalingState('have-local-pranswer', { pendingLocalDescription: description });
      } else {
        this.#completeNegotiation({ local: description, remote: this.pendingRemoteDescription ?? this.currentRemoteDescription });
        for (const transceiver of this.#transceivers) this.#setCurrentDirection(transceiver, description.sdp, false);
      }
      if (type !== 'pranswer') this.#gather();
    }

    #applyRemote(description) {
      const { type, sdp } = description;
      if (type === 'pranswer') throw new DOMException('as in Firefox', 'NotSupportedError');
      const expected = type === 'offer' ? 'stable' : 'have-local-offer';
      if (this.signalingState !== expected)
        throw new DOMException(`${type} in ${this.signalingState}`, 'InvalidStateError');
      const sections = read(sdp);
      if (/^a=candidate:/m.test(sdp)) this.#hasRemoteCandidate = true;
      for (const { kind, mid } of sections) {
        if (this.#transceivers.some(it => it.mid === mid)) continue;
        const free = this.#transceivers.find(it => it.mid === null && it.kind === kind);
        (free ?? this.#createTransceiver(kind, 'recvonly')).mid = mid;
      }
      if (type === 'offer') this.#setSignalingState('have-remote-offer', { pendingRemoteDescription: description });
      else {
        for (const transceiver of this.#transceivers) this.#setCurrentDirection(transceiver, sdp, true);
        this.#completeNegotiation({ local: this.pendingLocalDescription, remote: description });
      }
      for (const { mid, direction } of sections) {
        const transceiver = this.#transceivers.find(it => it.mid === mid);
        if (!sends(direction) || transceiver.trackFired) continue;
        transceiver.trackFired = true;
        const { receiver } = transceiver;
        this.dispatchEvent(event('track', { transceiver, receiver, track: receiver.track, streams: [] }));
      }
    }

    // The directions of an answer, ours or theirs, are what both have agreed on.
    #setCurrentDirection(transceiver, sdp, theirs) {
      const direction = read(sdp).find(it => it.mid === transceiver.mid)?.direction;
      if (direction)
        transceiver.currentDirection = theirs ? directionOf(receives(direction), sends(direction)) : direction;
    }

    #setSignalingState(signalingState, descriptions) {
      Object.assign(this, descriptions, { signalingState });
    }
    #completeNegotiation({ local, remote }) {
      this.#setSignalingState('stable', {
        currentLocalDescription: local,
        currentRemoteDescription: remote,
        pendingLocalDescription: null,
        pendingRemoteDescription: null,
      });
      this.#connect();
      setTimeout(() => this.#fireNegotiationNeeded());
    }

    #gather() {
      setTimeout(() => {
        if (this.signalingState === 'closed') return;
        const candidate = {
          candidate: `candidate:1 1 udp 2122260223 127.0.0.1 ${1024 + (parseInt(this.#ufrag, 16) % 60000)} typ host`,
          sdpMid: '0',
          sdpMLineIndex: 0,
          usernameFragment: this.#ufrag,
        };
        this.dispatchEvent(event('icecandidate', { candidate }));
        this.iceGatheringState = 'complete';
        this.dispatchEvent(event('icecandidate', { candidate: null }));
      });
    }

    #connect() {
      if (this.connectionState !== 'new' || this.signalingState !== 'stable' || !this.#hasRemoteCandidate) return;
      this.#setConnectionState('connecting', 'checking');
      setTimeout(() => {
        if (this.connectionState === 'connecting') this.#setConnectionState('connected', 'connected');
      });
    }
    #setConnectionState(connection, ice) {
      if (connection === 'connected') for (const { received } of this.#transceivers) received.begin?.();
      Object.assign(this, { connectionState: connection, iceConnectionState: ice });
      this.dispatchEvent(event('iceconnectionstatechange'));
      this.dispatchEvent(event('connectionstatechange'));
    }
  }

  window.RTCPeerConnection = PeerConnection;
})();
