// Only in a page under development: loads it again once a newer one has been built.
const number = async () => (await fetch('./build.txt', { cache: 'no-store' })).text();
const first = await number();
setInterval(async () => {
  // A server that is just being started again does not answer.
  const now = await number().catch(() => first);
  if (now !== first) location.reload();
}, 1000);
