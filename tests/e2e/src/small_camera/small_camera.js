// Firefox and WebKit draw the picture of their fake camera as large as a page wants it. A small one costs a tenth.
const { getUserMedia } = MediaDevices.prototype;
MediaDevices.prototype.getUserMedia = function ({ video, ...others }) {
  const small = { width: 320, height: 180, frameRate: 10 };
  return getUserMedia.call(this, { video: video && { ...(video === true ? {} : video), ...small }, ...others });
};
