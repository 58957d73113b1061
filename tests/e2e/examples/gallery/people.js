// Stands for a camera before which somebody sits, and for a screen that is shared: drawings that move a little. Who it is, the
// `name` of the address says; with `denied` in it the devices are denied.
(() => {
  const devices = navigator.mediaDevices;
  if (!devices) return;
  const search = new URLSearchParams(location.search);
  const looks = [
    { wall: ['#d9c7a8', '#b58f66'], skin: '#e8b48f', hair: '#4a2f22', shirt: '#2f6f6a', plant: '#55794a' },
    { wall: ['#8fb3c4', '#4f7488'], skin: '#8d5a3b', hair: '#1d1512', shirt: '#e0a23a', plant: '#39614a' },
    { wall: ['#cfd6c4', '#8d9c84'], skin: '#f0c9a6', hair: '#b98a4a', shirt: '#6a4c7d', plant: '#4c7a5a' },
    { wall: ['#d8b7b0', '#9c6f6c'], skin: '#b97f56', hair: '#2c2320', shirt: '#30527d', plant: '#5b7f45' },
  ];
  const name = search.get('name') ?? '';
  const look = looks[[...name].reduce((sum, letter) => sum + letter.codePointAt(0), 0) % looks.length];

  const canvasOf = (width, height, draw) => {
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const drawing = canvas.getContext('2d');
    let step = 0;
    const next = () => draw(drawing, width, height, step++);
    next();
    setInterval(next, 200);
    return canvas;
  };
  const ellipse = (drawing, colour, x, y, across, down) => {
    drawing.fillStyle = colour;
    drawing.beginPath();
    drawing.ellipse(x, y, across, down, 0, 0, 7);
    drawing.fill();
  };
  const person = (drawing, width, height, step) => {
    const wall = drawing.createLinearGradient(0, 0, width, height);
    look.wall.forEach((colour, at) => wall.addColorStop(at, colour));
    drawing.fillStyle = wall;
    drawing.fillRect(0, 0, width, height);
    drawing.fillStyle = '#ffffff38';
    drawing.fillRect(width * 0.06, height * 0.1, width * 0.2, height * 0.42);
    for (const [x, y] of [[0.86, 0.62], [0.8, 0.72], [0.92, 0.74]]) ellipse(drawing, look.plant, width * x, height * y, 34, 62);
    const x = width / 2 + Math.sin(step / 6) * 5, y = height * 0.44 + Math.sin(step / 4) * 2, head = height * 0.17;
    ellipse(drawing, look.shirt, x, height * 1.05, head * 2.5, head * 2.2);
    ellipse(drawing, look.hair, x, y - head * 0.25, head * 1.02, head * 1.15);
    drawing.fillStyle = look.skin;
    drawing.fillRect(x - head * 0.3, y + head * 0.7, head * 0.6, head * 0.7);
    ellipse(drawing, look.skin, x, y + head * 0.12, head * 0.8, head * 1.02);
    const open = step % 20 ? head * 0.1 : 1;
    for (const side of [-1, 1]) ellipse(drawing, '#2a2220', x + side * head * 0.32, y, head * 0.08, open);
    drawing.strokeStyle = '#7c3f33';
    drawing.lineWidth = head * 0.07;
    drawing.beginPath();
    drawing.arc(x, y + head * 0.36, head * 0.3, 0.3, Math.PI - 0.3);
    drawing.stroke();
  };
  const slide = (drawing, width, height, step) => {
    drawing.fillStyle = '#fdfbf6';
    drawing.fillRect(0, 0, width, height);
    drawing.fillStyle = '#1d3a35';
    drawing.font = `700 ${height * 0.085}px sans-serif`;
    drawing.fillText('What grows when', width * 0.07, height * 0.17);
    [['Peas', 0.35], ['Beans', 0.6], ['Squash', 0.82], ['Kale', 0.5]].forEach(([plant, long], row) => {
      const y = height * (0.3 + row * 0.15);
      drawing.fillStyle = ['#17907a', '#f0714f', '#e0a23a', '#4f7488'][row];
      drawing.fillRect(width * 0.24, y, width * 0.68 * long, height * 0.085);
      drawing.fillStyle = '#1d3a35';
      drawing.font = `${height * 0.05}px sans-serif`;
      drawing.fillText(plant, width * 0.07, y + height * 0.06);
    });
    ellipse(drawing, '#1d3a35', width * 0.95, height * (0.94 + Math.sin(step) * 0.01), 6, 6);
  };

  const real = devices.getUserMedia.bind(devices);
  devices.getUserMedia = async (constraints) => {
    if (search.has('denied')) throw new DOMException('', 'NotAllowedError');
    const stream = constraints.audio ? await real({ audio: constraints.audio }) : new MediaStream();
    if (constraints.video) stream.addTrack(canvasOf(960, 540, person).captureStream(5).getVideoTracks()[0]);
    return stream;
  };
  devices.getDisplayMedia = async () => canvasOf(1280, 720, slide).captureStream(5);
})();
