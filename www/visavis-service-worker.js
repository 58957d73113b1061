// Shows a page of its own where the network or the server is missing, in place of the browser's, and does nothing else. It keeps no
// file: so nobody meets an old program after an update, and what the page loads is in the browser's own cache anyway.

// In each language of the page: title, heading, what happened, what a call needs, what is done about it, the button.
const TEXTS = {
  en: [
    'Visavis: no connection',
    'No connection',
    'This page cannot be loaded: you have no network, or its server is out of reach.',
    'A call needs both. The server brings you and the others together; then pictures and sound go over the network from browser to browser.',
    'It is tried again every few seconds, and the page opens by itself.',
    'Try now',
  ],
  de: [
    'Visavis: keine Verbindung',
    'Keine Verbindung',
    'Diese Seite kann nicht geladen werden: Du hast kein Netz, oder ihr Server ist nicht zu erreichen.',
    'Ein Gespräch braucht beides. Der Server bringt dich und die anderen zusammen; dann gehen Bild und Ton über das Netz von Browser zu Browser.',
    'Es wird alle paar Sekunden neu versucht, und die Seite öffnet sich von selbst.',
    'Jetzt versuchen',
  ],
  es: [
    'Visavis: sin conexión',
    'Sin conexión',
    'No se puede cargar esta página: no tienes red o no se puede llegar a su servidor.',
    'Una llamada necesita ambas cosas. El servidor os pone en contacto; después la imagen y el sonido van por la red de navegador a navegador.',
    'Se vuelve a intentar cada pocos segundos, y la página se abre sola.',
    'Intentar ahora',
  ],
  fr: [
    'Visavis : pas de connexion',
    'Pas de connexion',
    'Cette page ne peut pas être chargée : vous n’avez pas de réseau, ou son serveur est hors d’atteinte.',
    'Un appel a besoin des deux. Le serveur vous met en relation ; ensuite, image et son passent par le réseau de navigateur à navigateur.',
    'Un nouvel essai a lieu toutes les quelques secondes, et la page s’ouvre d’elle-même.',
    'Essayer maintenant',
  ],
  ar: [
    'Visavis: لا يوجد اتصال',
    'لا يوجد اتصال',
    'يتعذر تحميل هذه الصفحة: لا توجد شبكة أو يتعذر الوصول إلى خادمها.',
    'تحتاج المكالمة إلى كليهما. يجمع الخادم بينك وبين الآخرين، ثم تنتقل الصورة والصوت عبر الشبكة من متصفح إلى متصفح.',
    'تتم إعادة المحاولة كل بضع ثوان، وتفتح الصفحة من تلقاء نفسها.',
    'المحاولة الآن',
  ],
};

const OFFLINE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title></title>
<style>
body { margin: 0; min-height: 100vh; display: grid; place-items: center; background: #f4f1ea; color: #1c2523; font: 1.0625rem/1.5 system-ui, sans-serif; }
main { max-width: 30rem; padding: 1.5rem; }
h1 { font-size: 1.5rem; line-height: 1.25; }
button { min-height: 2.75rem; padding: 0 1.25rem; border: 0; border-radius: 1rem; background: #0f6b5b; color: #fff; font: inherit; }
button:focus-visible { outline: 3px solid #f0714f; outline-offset: 3px; }
@media (prefers-color-scheme: dark) { body { background: #111716; color: #f1f5f4; } }
</style>
<main data-offline>
<h1></h1>
<p></p>
<p></p>
<p role="status"></p>
<button></button>
</main>
<script>
const texts = ${JSON.stringify(TEXTS)};
let chosen;
try {
  chosen = localStorage.getItem('visavis.language');
} catch {
  // Cookies are blocked.
}
const tag = [chosen, ...navigator.languages].map(tag => tag?.slice(0, 2)).find(tag => texts[tag]) ?? 'en';
document.documentElement.lang = tag;
document.documentElement.dir = tag === 'ar' ? 'rtl' : 'ltr';
document.querySelectorAll('title, main *').forEach((element, at) => (element.textContent = texts[tag][at]));
document.querySelector('button').onclick = () => location.reload();
addEventListener('online', () => location.reload());
setInterval(async () => {
  const answer = await fetch(location.href, { method: 'HEAD', cache: 'no-store' }).catch(() => {});
  if (answer?.ok) location.reload();
}, 5000);
</script>`;

const load = async event => {
  try {
    return await fetch(event.request);
  } catch {
    return new Response(OFFLINE, { status: 503, headers: { 'content-type': 'text/html' } });
  }
};

// Static routing (W3C Service Workers, `addRoutes`): Chromium from 123 on. Navigation preload would do something like it elsewhere, but
// with that Firefox 153 shows its own page when the server is out of reach, whatever is answered here.
const canRace = 'InstallEvent' in self && 'addRoutes' in InstallEvent.prototype;

// Nobody waits for this worker to start where the browser can ask it and the network at once, and only it for pages.
const race = async event => {
  const others = ['cors', 'no-cors', 'same-origin'].map(requestMode => ({ requestMode }));
  await event.addRoutes([
    { condition: { requestMode: 'navigate' }, source: 'race-network-and-fetch-handler' },
    { condition: { or: others }, source: 'network' },
  ]);
};

addEventListener('install', event => {
  skipWaiting();
  if (canRace) event.waitUntil(race(event).catch(() => {}));
});

addEventListener('fetch', event => {
  if (event.request.mode === 'navigate') event.respondWith(load(event));
});
