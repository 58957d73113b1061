// What the pages of the other clients share: the addresses of their servers, the camera, and a <video> for each picture.
export const address = new URLSearchParams(location.search);
const videos = document.getElementById('videos');

export function show(stream, muted = false) {
  const video = document.createElement('video');
  Object.assign(video, { autoplay: true, playsInline: true, muted, srcObject: stream });
  videos.append(video);
  return video;
}

export function hide(video) {
  if (!video) return;
  video.srcObject = null;
  video.remove();
}

let media;
/** Camera and microphone, opened once, with one's own picture. */
export function camera() {
  media ??= navigator.mediaDevices.getUserMedia({ audio: true, video: true }).then(stream => {
    show(stream, true);
    return stream;
  });
  return media;
}

/** A client that a page has built: it can be joined as soon as its script has run. */
export function offerTo(client) {
  window.bench = { ready: Promise.resolve(), prepare: camera, ...client };
}
