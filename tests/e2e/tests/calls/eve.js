// A third one, between two people who each take her for the other. Only text passes through the test.
const stream = await navigator.mediaDevices.getUserMedia({ audio: true, video: true });
const ends = {};
const gathered = async end => {
  while (end.iceGatheringState !== 'complete')
    await new Promise(done => end.addEventListener('icegatheringstatechange', done, { once: true }));
  return end.localDescription.sdp;
};
const add = end => stream.getTracks().forEach(track => end.addTrack(track, stream));
window.eve = {
  async offer(whom) {
    const end = (ends[whom] = new RTCPeerConnection());
    add(end);
    await end.setLocalDescription();
    return gathered(end);
  },
  async offerAgain(whom) {
    await ends[whom].setLocalDescription(await ends[whom].createOffer());
    return ends[whom].localDescription.sdp;
  },
  async answer(whom, sdp) {
    const end = (ends[whom] = new RTCPeerConnection());
    await end.setRemoteDescription({ type: 'offer', sdp });
    add(end);
    await end.setLocalDescription();
    return gathered(end);
  },
  async accept(whom, sdp) {
    await ends[whom].setRemoteDescription({ type: 'answer', sdp });
  },
  states: () => Object.values(ends).map(end => end.connectionState),
  leave: () => {
    Object.values(ends).forEach(end => end.close());
    stream.getTracks().forEach(track => track.stop());
  },
};
