// Listens to the other person without a pause, and notes how often the encoding of the own video is changed.
const link = (window.link = { heard: 0, quiet: 0, longestQuiet: 0, changes: 0 });
const { setParameters } = RTCRtpSender.prototype;
RTCRtpSender.prototype.setParameters = function (parameters) {
  if (this.track?.kind === 'video') {
    link.changes += 1;
    [link.encoding] = parameters.encodings;
  }
  return setParameters.call(this, parameters);
};
const video = document.querySelector('[data-participant]:not([data-self]) video');
const context = new AudioContext();
const source = context.createMediaStreamSource(new MediaStream(video.srcObject.getAudioTracks()));
// Deprecated, but the script of a worklet would have to come from the server of the page.
const processor = context.createScriptProcessor(2048, 1, 1);
processor.onaudioprocess = ({ inputBuffer }) => {
  const samples = inputBuffer.getChannelData(0);
  const { sampleRate } = context;
  for (let from = 0; from < samples.length; from += 512) {
    const loudest = samples.subarray(from, from + 512).reduce((most, it) => Math.max(most, Math.abs(it)), 0);
    link.quiet = loudest < 0.005 ? link.quiet + 512 / sampleRate : 0;
    link.longestQuiet = Math.max(link.longestQuiet, link.quiet);
  }
  link.heard += samples.length / sampleRate;
};
source.connect(processor).connect(context.destination);
// What has come since this was called last.
let before = { framesDecoded: 0, audioBytes: 0, videoBytes: 0 };
link.second = async () => {
  const now = await __e2e.received();
  const since = counter => Math.max(0, now[counter] - before[counter]);
  const { heard, longestQuiet, changes, quiet } = link;
  const second = { heard, longestQuiet, changes, width: video.videoWidth, frames: since('framesDecoded') };
  Object.assign(second, { audio: 8 * since('audioBytes'), video: 8 * since('videoBytes') });
  before = now;
  Object.assign(link, { heard: 0, longestQuiet: quiet, changes: 0 });
  return second;
};
