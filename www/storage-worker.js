// Writes a recording, or a file that is received, into a file that the browser keeps for this page (OPFS): only a worker may write
// there at once, so that what was written survives a crash. And keeps the time for whoever draws pictures: timers of hidden pages
// are slow.
let file;
let end = 0;

// How many bytes there is room for; nothing if files cannot be written here.
const room = async () => {
  await navigator.storage.getDirectory();
  if (!FileSystemFileHandle.prototype.createSyncAccessHandle) return undefined;
  const { quota, usage } = await navigator.storage.estimate();
  return quota - usage;
};

const open = async ({ folder, name, lock }) => {
  // Held as long as this worker lives: so other tabs know that somebody writes the file.
  await new Promise(held => navigator.locks.request(lock, () => (held(), new Promise(() => {}))));
  const root = await navigator.storage.getDirectory();
  const directory = await root.getDirectoryHandle(folder, { create: true });
  const handle = await directory.getFileHandle(name, { create: true });
  file = await handle.createSyncAccessHandle();
};

const write = bytes => {
  if (file.write(bytes, { at: end }) < bytes.byteLength) throw new DOMException('', 'QuotaExceededError');
  file.flush();
  end += bytes.byteLength;
};

const respond = async data => {
  const answer = {};
  try {
    if (data.type === 'room') answer.room = await room();
    else if (data.type === 'open') await open(data);
    else if (data.type === 'write') write(data.bytes);
    else if (data.type === 'close') file.close();
  } catch (error) {
    answer.error = error.name;
  }
  postMessage(answer);
};

// One request after the other, and one answer to each.
let last = Promise.resolve();
onmessage = ({ data }) => {
  if (data.type === 'tick') setTimeout(postMessage, data.wait, 'tick');
  else last = last.then(() => respond(data));
};
