// What these servers share. Each is a few lines that behave as a public one does, with its quirks and its deaths: what
// kills the original kills its imitation, and a test that kills one has failed.
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { join } from 'node:path';

// Packages are installed beside the tools, not beside this file.
export const need = createRequire(join(process.env.VISAVIS_PACKAGES, 'package.json'));

/** The value of `--name value` on the command line. */
export const option = (name, otherwise) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? otherwise : process.argv[at + 1];
};

/** Milliseconds that everything takes from one client to the other. */
const delay = Number(option('delay', 0));
export const afterDelay = act => (delay ? setTimeout(act, delay) : act());

const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 500).unref();

/** Listens on a port of the machine's choice and says which. */
export const listen = (answer = (_, response) => response.writeHead(404).end()) => {
  const server = createServer(answer);
  server.listen(0, '127.0.0.1', () => console.log(`listening on port ${server.address().port}`));
  return server;
};

/** A Socket.IO server; `--version` names the major version. */
export const socketIo = () => {
  const version = option('version', '4');
  const make = need(version === '4' ? 'socket.io' : `socket.io-${version}`);
  return make(listen(), version === '4' ? { cors: { origin: '*' } } : {});
};

/** A plain WebSocket server on every path. */
export const webSocket = () => new (need('ws').WebSocketServer)({ server: listen() });
