// The client that the address asks for. In a file of its own, because our server's pages may run no scripts inside them.
import { parameters } from './common.js';

window.client = {};
const { start } = await import(`./${parameters.kind}.js`);
Object.assign(window.client, await start());
window.client.ready = true;
