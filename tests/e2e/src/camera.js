// Stands for a camera of any shape: a head on a plain ground, which goes up and down. `__camera.turn()` turns it as one
// turns a phone, `__camera.stop()` lets it give no frame any more, `__camera.go()` goes on.
(() => {
  const devices = navigator.mediaDevices;
  if (!devices || window.__camera) return;
  const canvas = document.createElement('canvas');
  [canvas.width, canvas.height] = SIZE;
  const drawing = canvas.getContext('2d');
  let step = 0;
  const draw = () => {
    const { width, height } = canvas;
    const across = Math.min(width, height);
    drawing.fillStyle = '#4a6a8a';
    drawing.fillRect(0, 0, width, height);
    drawing.fillStyle = '#e0b090';
    drawing.beginPath();
    drawing.ellipse(width / 2, height * 0.35 + (step++ % 8), across * 0.25, across * 0.33, 0, 0, 7);
    drawing.fill();
    drawing.fillStyle = '#222';
    for (const side of [-1, 1]) drawing.fillRect(width / 2 + side * across * 0.1 - 5, height * 0.3, 10, 10);
  };
  let timer = setInterval(draw, 100);
  window.__camera = {
    turn: () => ([canvas.width, canvas.height] = [canvas.height, canvas.width]),
    stop: () => clearInterval(timer),
    go: () => (timer = setInterval(draw, 100)),
  };
  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async constraints => {
    const stream = constraints.audio ? await real({ audio: constraints.audio }) : new MediaStream();
    if (constraints.video) stream.addTrack(canvas.captureStream(10).getVideoTracks()[0]);
    return stream;
  };
})();
