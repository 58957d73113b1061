//! Files that people give each other.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::call::{join, sees, sees_and_hears};
use visavis_e2e::{Browser, Page, Server, tools};

use crate::accessibility::assert_accessible;

/// Makes a file of so many megabytes that are another in every one of them, and says what its SHA-256 is.
const MAKE_FILE: &str = r"
const [name, megabytes] = arguments;
const random = crypto.getRandomValues(new Uint8Array(65536));
const parts = [];
for (let part = 0; part < megabytes; part++) {
  const megabyte = new Uint8Array(1e6);
  for (let at = 0; at < megabyte.length; at += random.length)
    megabyte.set(random.subarray(0, Math.min(random.length, megabyte.length - at)), at);
  new DataView(megabyte.buffer).setUint32(0, part);
  parts.push(megabyte);
}
const file = new File(parts, name, { type: 'text/html' });
(window.made ??= {})[name] = file;
const digest = await crypto.subtle.digest('SHA-256', await file.arrayBuffer());
return [...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join('');
";

/// Picks it in the panel, as the dialog of the browser would.
const PICK: &str = r"
const input = document.querySelector('.chat input[type=file]');
const transfer = new DataTransfer();
transfer.items.add(window.made[arguments[0]]);
input.files = transfer.files;
input.dispatchEvent(new Event('change', { bubbles: true }));
";

/// Drops it onto the call.
const DROP: &str = r"
const transfer = new DataTransfer();
transfer.items.add(window.made[arguments[0]]);
const tiles = document.querySelector('.stage .tiles');
const fire = kind => tiles.dispatchEvent(new DragEvent(kind, { dataTransfer: transfer, bubbles: true, cancelable: true }));
fire('dragenter');
// What takes it is loaded now.
while (fire('dragover')) await new Promise(done => setTimeout(done, 50));
fire('drop');
";

/// Notes down what is offered for saving.
const CATCH_BLOBS: &str = r"
const createURL = URL.createObjectURL.bind(URL);
window.saved = {};
URL.createObjectURL = blob => {
  const url = createURL(blob);
  window.saved[url] = blob;
  return url;
};
";

/// The SHA-256 of what is offered for saving under this name, its type, and the name.
const SAVED: &str = r"
const link = [...document.querySelectorAll('[data-file=save][href]')].find(link => link.download === arguments[0]);
const blob = window.saved[link.href];
const digest = await crypto.subtle.digest('SHA-256', await blob.arrayBuffer());
return [[...new Uint8Array(digest)].map(byte => byte.toString(16).padStart(2, '0')).join(''), blob.type, link.download];
";

/// From now on, notes down the longest time in which no frame of somebody else's picture was shown, in milliseconds.
const WATCH_FRAMES: &str = r"
const video = document.querySelector('.tile:not([data-self]) video');
window.longest = 0;
window.shownFrames = 0;
let last = performance.now();
const onFrame = now => {
  window.longest = Math.max(window.longest, now - last);
  window.shownFrames += 1;
  last = now;
  video.requestVideoFrameCallback(onFrame);
};
video.requestVideoFrameCallback(onFrame);
";

/// Makes every read of a file take a while.
const SLOW_READS: &str = r"
const read = Blob.prototype.arrayBuffer;
Blob.prototype.arrayBuffer = async function () {
  await new Promise(done => setTimeout(done, 150));
  return read.call(this);
};
";

/// Keeps every connection that comes about.
const KEEP_CONNECTIONS: &str = r"
window.connections = [];
const set = RTCPeerConnection.prototype.setRemoteDescription;
RTCPeerConnection.prototype.setRemoteDescription = function (...description) {
  if (!window.connections.includes(this)) window.connections.push(this);
  return set.apply(this, description);
};
";

/// The row of a file, as an expression.
fn row(name: &str) -> String {
    format!(
        "[...document.querySelectorAll('.file')].find(row => row.querySelector('.name').textContent === '{name}')"
    )
}

async fn is_in_state(page: &Page, name: &str, state: &str) {
    let what = format!("{name} to be {state}");
    page.until(&what, &format!("({})?.dataset.state === '{state}'", row(name))).await;
}

async fn press(page: &Page, name: &str, button: &str) {
    let script = format!("({}).querySelector('[data-file={button}]').click()", row(name));
    page.eval(&script, vec![]).await;
}

async fn share(page: &Page, name: &str) -> f64 {
    let script = format!("const p = ({}).querySelector('progress'); return p.value / p.max", row(name));
    page.eval(&script, vec![]).await.as_f64().unwrap_or_default()
}

async fn open_chat(page: &Page) {
    page.press("chat").await;
    page.until("the panel", "document.querySelector('.chat')").await;
}

async fn make_file(page: &Page, name: &str, megabytes: u32) -> String {
    let digest = page.eval(MAKE_FILE, vec![json!(name), json!(megabytes)]).await;
    digest.as_str().expect("a digest").to_owned()
}

async fn is_saved_as_sent(page: &Page, name: &str, digest: &str) {
    is_in_state(page, name, "received").await;
    page.until("what saves it", &format!("({}).querySelector('[data-file=save][href]')", row(name))).await;
    let saved = page.eval(SAVED, vec![json!(name)]).await;
    assert_eq!(saved, json!([digest, "application/octet-stream", name]));
}

/// The first offers a file of so many megabytes by dropping it onto the call, and the second sees it. Gives its SHA-256.
pub(crate) async fn offers_large_file(ann: &Page, ben: &Page, megabytes: u32) -> String {
    let digest = make_file(ann, "large.html", megabytes).await;
    ann.eval(DROP, vec![json!("large.html")]).await;
    open_chat(ben).await;
    is_in_state(ben, "large.html", "offered").await;
    digest
}

/// Waits until both see the other move without a pause: a path that has just become slow stops pictures by itself.
pub(crate) async fn pictures_have_settled(pages: [&Page; 2]) {
    for page in pages {
        page.eval(WATCH_FRAMES, vec![]).await;
    }
    let settled = "(() => { if (window.longest > 500) { window.longest = 0; window.steadySince = performance.now(); } \
                   return performance.now() - (window.steadySince ??= performance.now()) > 5000; })()";
    for page in pages {
        page.until_within(Duration::from_secs(60), "pictures without a pause", settled).await;
    }
}

/// The second receives what the first offers, and both see the other move all the while.
pub(crate) async fn passes_unnoticed(pages: [&Page; 2], megabytes: u32) {
    for page in pages {
        page.eval(WATCH_FRAMES, vec![]).await;
    }
    let begin = Instant::now();
    press(pages[1], "large.html", "receive").await;
    let arrived = format!("({})?.dataset.state === 'received'", row("large.html"));
    pages[1].until_within(Duration::from_secs(300), "all of it", &arrived).await;
    let seconds = begin.elapsed().as_secs_f64();
    println!("{megabytes} MB took {seconds:.1} s");
    for page in pages {
        let seen = page.eval("return [window.longest, window.shownFrames]", vec![]).await;
        println!("{}: no frame for {} ms at most; {} frames", page.name(), seen[0], seen[1]);
        assert!(seen[0].as_f64().is_some_and(|longest| longest < 1000.0), "{seen}");
        assert!(seen[1].as_f64().is_some_and(|frames| frames > seconds), "{seen}");
    }
}

/// The first receives a small one of the second's.
async fn comes_back([ann, ben]: [&Page; 2]) {
    let digest = make_file(ben, "small", 3).await;
    ben.eval(PICK, vec![json!("small")]).await;
    is_in_state(ann, "small", "offered").await;
    press(ann, "small", "receive").await;
    is_saved_as_sent(ann, "small", &digest).await;
}

/// Ann in a Chrome and Ben in a Firefox, in a call.
async fn call_between_browsers(server: &Server) -> (Page, Page) {
    let (chrome, firefox) = (Browser::chrome().await, Browser::firefox().await);
    let (ann, ben) = (chrome.open("Ann", &server.url()).await, firefox.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        page.eval(CATCH_BLOBS, vec![]).await;
        join(page, "tea").await;
    }
    sees_and_hears(&ann, &["Ben"]).await;
    sees(&ben, &["Ann"]).await;
    (ann, ben)
}

/// A file of so many megabytes goes from Chrome to Firefox, and both show the other's pictures all the while.
pub(crate) async fn a_file_passes_beside_the_call(megabytes: u32) {
    let server = Server::start().await;
    let (ann, ben) = call_between_browsers(&server).await;
    let digest = offers_large_file(&ann, &ben, megabytes).await;
    passes_unnoticed([&ann, &ben], megabytes).await;
    is_saved_as_sent(&ben, "large.html", &digest).await;
    ann.until("to be told", "document.querySelector('.recipients')?.textContent === 'Ben: received'").await;
    comes_back([&ann, &ben]).await;
    for page in [&ann, &ben] {
        assert_eq!(page.snapshot().await.errors, Vec::<String>::new());
    }
}

#[tokio::test]
async fn a_file_arrives_as_it_was_sent_and_the_call_goes_on() {
    a_file_passes_beside_the_call(20).await;
}

#[tokio::test]
async fn a_file_goes_on_where_it_was() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        page.eval(&[CATCH_BLOBS, KEEP_CONNECTIONS].concat(), vec![]).await;
        join(page, "tea").await;
    }
    sees_and_hears(&ann, &["Ben"]).await;
    ann.eval(SLOW_READS, vec![]).await;
    let digest = make_file(&ann, "notes.html", 12).await;
    open_chat(&ann).await;
    ann.click(".chat summary").await;
    ann.eval(PICK, vec![json!("notes.html")]).await;
    let label = "document.querySelector('[data-control=chat]').getAttribute('aria-label')";
    ben.until("news", &format!("{label} === 'Chat, 1 unread message'")).await;
    open_chat(&ben).await;
    is_in_state(&ben, "notes.html", "offered").await;

    press(&ben, "notes.html", "receive").await;
    is_in_state(&ben, "notes.html", "receiving").await;
    press(&ben, "notes.html", "pause").await;
    is_in_state(&ben, "notes.html", "paused").await;
    ann.until("the pause", "/paused$/.test(document.querySelector('.recipients').textContent)").await;
    let paused = share(&ben, "notes.html").await;
    assert!(paused > 0.0, "{paused}");
    assert!(paused < 0.5, "{paused}");
    look_at(&ben, "paused").await;
    look_at(&ann, "offered").await;
    assert!((share(&ben, "notes.html").await - paused).abs() < 1e-9, "it stands still");
    press(&ben, "notes.html", "resume").await;
    let further =
        format!("({}).querySelector('progress').value / 12e6 > {}", row("notes.html"), paused + 0.05);
    ben.until("more of it", &further).await;
    ben.eval("window.connections.at(-1).close()", vec![]).await;
    is_saved_as_sent(&ben, "notes.html", &digest).await;
    ann.until("to be told", "document.querySelector('.recipients').textContent === 'Ben: received'").await;
    sees_and_hears(&ann, &["Ben"]).await;
    others_come_and_go(&browser, &server, ann, &ben).await;
}

/// Whoever comes late can have it, and need not; when its sender leaves, it stays unfinished.
async fn others_come_and_go(browser: &Arc<Browser>, server: &Server, ann: Page, ben: &Page) {
    let cid = browser.open("Cid", &server.url()).await;
    join(&cid, "tea").await;
    open_chat(&cid).await;
    is_in_state(&cid, "notes.html", "offered").await;
    press(&cid, "notes.html", "receive").await;
    is_in_state(&cid, "notes.html", "receiving").await;
    press(&cid, "notes.html", "cancel").await;
    is_in_state(&cid, "notes.html", "offered").await;
    ann.until("that he gave up", "document.querySelector('.recipients').textContent === 'Ben: received'")
        .await;
    press(&cid, "notes.html", "receive").await;
    is_in_state(&cid, "notes.html", "receiving").await;
    ann.press("leave").await;
    is_in_state(&cid, "notes.html", "failed").await;
    let why = cid
        .eval(&format!("return ({}).querySelector('.state').textContent", row("notes.html")), vec![])
        .await;
    assert_eq!(why, "Ann has left before all of it was here.");
    is_in_state(ben, "notes.html", "received").await;
}

async fn look_at(page: &Page, name: &str) {
    if page.browser().kind() != BrowserKind::Chrome {
        return;
    }
    for (width, height) in [(1280, 800), (360, 740)] {
        page.resize(width, height).await;
        sleep(Duration::from_millis(300)).await;
        let path = tools::artifacts().join(format!("files-{name}-{width}.png"));
        page.screenshot(&path.to_string_lossy()).await;
    }
    page.resize(1280, 800).await;
    assert_accessible(page, "the panel with files").await;
}
