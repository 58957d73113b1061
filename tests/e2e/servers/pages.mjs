// A web server for the pages of other people's clients, and the libraries that they load.
import { readFile } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { listen } from './lib.mjs';

const pages = join(dirname(fileURLToPath(import.meta.url)), 'pages');
const libraries = {
  '/libraries/peerjs.js': 'peerjs/dist/peerjs.min.js',
  '/libraries/simple-peer.js': 'simple-peer/simplepeer.min.js',
};

listen((request, response) => {
  const { pathname } = new URL(request.url, 'http://localhost');
  const library = libraries[pathname];
  const file = library ? join(process.env.VISAVIS_PACKAGES, 'node_modules', library) : join(pages, pathname);
  readFile(file, (error, text) => {
    if (error) return response.writeHead(404).end();
    const type = file.endsWith('.html') ? 'text/html' : 'text/javascript';
    response.writeHead(200, { 'content-type': `${type}; charset=utf-8` }).end(text);
  });
});
