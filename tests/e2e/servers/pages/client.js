// The client that the address asks for. In a file of its own, because our server's pages may run no scripts inside them.
import { parameters } from './common.js';

window.client = {};
try {
  const { start } = await import(`./${parameters.kind}.js`);
  Object.assign(window.client, await start());
  window.client.ready = true;
} catch (error) {
  // The document is kept when a test fails; not every browser lets a test read the console.
  document.body.append(String(error));
  throw error;
}
