//! Recordings: what is in the file, who is told, and what a crash leaves.

use serde_json::{Value, json};
use visavis_e2e::call::{join, sees, wait_for_lobby};
use visavis_e2e::{Browser, Page, Server, Setup};

const STAGE: &str = "The whole stage, with all voices";

/// Notes down the finished file, and where it would go.
const CATCH_DOWNLOAD: &str = r"
window.createURL = URL.createObjectURL.bind(URL);
URL.createObjectURL = blob => {
  window.saved = { blob };
  return createURL(blob);
};
HTMLAnchorElement.prototype.click = function () { window.saved.name = this.download; window.saved.url = this.href; };
";

/// Plays the saved file as people do: how long it says that it is, and what there is to see and to hear in its middle.
const PLAY: &str = r"
const { blob, name } = window.saved;
// As the bytes that are saved: Firefox does not play a `Blob` to its end whose second part is a long piece of a file.
const bytes = await blob.arrayBuffer();
const url = createURL(new Blob([bytes], { type: blob.type }));
const video = document.createElement('video');
video.muted = true;
const event = name => new Promise((done, failed) => {
  video.addEventListener(name, done, { once: true });
  video.addEventListener('error', () => failed(new Error(video.error.message)), { once: true });
});
const loaded = event('loadeddata');
video.src = url;
await loaded;
const { duration, videoWidth, videoHeight } = video;
const seeked = event('seeked');
video.currentTime = duration / 2;
await seeked;
const canvas = document.createElement('canvas');
[canvas.width, canvas.height] = [videoWidth, videoHeight];
const context = canvas.getContext('2d');
context.drawImage(video, 0, 0);
const { data } = context.getImageData(0, 0, videoWidth, videoHeight);
// Of each half, how many pixels are neither background nor tile.
const bright = [0, 0];
for (let i = 0; i < data.length; i += 4)
  if (Math.max(data[i], data[i + 1], data[i + 2]) > 60) bright[(i / 4) % videoWidth < videoWidth / 2 ? 0 : 1] += 1;
const sound = await new OfflineAudioContext(1, 48000, 48000).decodeAudioData(bytes);
let loudest = 0;
for (const sample of sound.getChannelData(0)) loudest = Math.max(loudest, Math.abs(sample));
return {
  name, type: blob.type, bytes: blob.size, duration, middle: video.currentTime, width: videoWidth, height: videoHeight,
  seekable: video.seekable.length ? video.seekable.end(0) : 0,
  left: bright[0] / (videoWidth * videoHeight / 2), right: bright[1] / (videoWidth * videoHeight / 2),
  sound: sound.duration, loudest,
};
";

/// Notes down what is said in passing: it is there for four seconds.
const HEAR_TOASTS: &str = r"
window.said = [];
new MutationObserver(() => window.said.push(...[...document.querySelectorAll('.toast')].map(toast => toast.textContent)))
  .observe(document.querySelector('.toasts'), { childList: true });
";

/// Records what is called so in the dialog.
async fn starts_recording(page: &Page, what: &str) {
    page.eval(CATCH_DOWNLOAD, vec![]).await;
    page.press("record").await;
    page.until("where it is kept", "document.querySelector('dialog [data-place]')?.textContent").await;
    let choose = "const select = document.querySelector('dialog select'); \
                  select.value = [...select.options].find(option => option.textContent === arguments[0]).value;";
    page.eval(choose, vec![json!(what)]).await;
    page.click("dialog [data-start]").await;
    page.until("a recording of three seconds", &recorded(3)).await;
}

/// Whether so many seconds are written down: only then they are shown.
fn recorded(seconds: u32) -> String {
    format!(
        "/0:(\\d\\d)/.exec(document.querySelector('.recordings .progress')?.textContent)?.[1] >= {seconds}"
    )
}

/// Saves the first recording of a list, and plays it.
async fn saves_and_plays(page: &Page) -> Value {
    page.until("what was recorded", "document.querySelector('.kept [data-save]')").await;
    page.click(".kept [data-save]").await;
    page.until("a finished file", "window.saved?.url").await;
    page.eval(PLAY, vec![]).await
}

/// It can be played, from the middle on, too; both halves of the picture show somebody.
fn is_whole(file: &Value, seconds: f64) {
    let number = |name: &str| file[name].as_f64().unwrap_or_default();
    assert!(number("duration").is_finite(), "{file}");
    assert!(number("duration") >= seconds, "{file}");
    assert!(number("duration") < seconds + 60.0, "{file}");
    assert!((number("middle") - number("duration") / 2.0).abs() < 0.5, "{file}");
    assert!(number("seekable") >= number("duration") - 0.1, "{file}");
    assert_eq!((number("width"), number("height")), (1280.0, 720.0), "{file}");
    assert!(number("left") > 0.1, "{file}");
    assert!(number("right") > 0.1, "{file}");
    assert!(number("sound") > seconds - 1.0, "{file}");
    assert!(file["name"].as_str().is_some_and(|name| name.ends_with(".webm")), "{file}");
}

fn is_audible(file: &Value) {
    assert!(file["loudest"].as_f64() > Some(0.02), "{file}");
}

#[tokio::test]
async fn a_recorded_stage_is_a_file_with_pictures_and_voices_and_everybody_is_told() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::speaking_chrome()).await;
    let hiding = Browser::start(Setup::throttled_chrome()).await;
    let (ann, ben) = (hiding.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    sees(&ann, &["Ben"]).await;
    sees(&ben, &["Ann"]).await;
    ben.eval(HEAR_TOASTS, vec![]).await;
    starts_recording(&ann, STAGE).await;
    let mark = "document.querySelector('.stage .recorders')?.textContent === 'Ann records'";
    ben.until("who records", mark).await;
    ben.until("it said aloud", "window.said.includes('Ann records this call')").await;
    // Whoever comes later is told, too.
    let cid = browser.open("Cid", &server.url()).await;
    join(&cid, "tea").await;
    cid.until("who records", mark).await;
    cid.close().await;
    // While nobody looks it goes on.
    let before = ann.eval("return document.querySelector('.progress').textContent", vec![]).await;
    let tab = ann.hide().await;
    let grown = format!("document.querySelector('.progress').textContent !== {before}");
    ann.until("more of it", &grown).await;
    ann.unhide(tab).await;
    ann.press("record").await;
    let file = saves_and_plays(&ann).await;
    is_whole(&file, 3.0);
    is_audible(&file);
    ben.until("nobody to record", "!document.querySelector('.stage .recorders')").await;
    ben.until("that said aloud", "window.said.includes('Ann has stopped recording')").await;
    ann.click(".kept [data-delete]").await;
    ann.until("it to be deleted", "!document.querySelector('.kept li')").await;
    assert_eq!(ann.snapshot().await.errors, Vec::<String>::new());
}

#[tokio::test]
async fn a_recording_survives_the_end_of_its_browser() {
    let server = Server::start().await;
    let profile = std::env::temp_dir().join(format!("visavis-e2e-profile-{}", std::process::id()));
    let setup = || Setup::speaking_chrome().with(&format!("--user-data-dir={}", profile.display()));
    let browser = Browser::start(setup()).await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    sees(&ann, &["Ben"]).await;
    starts_recording(&ann, STAGE).await;
    // By the clock: on a busy machine the browser hands out what it has encoded some seconds later.
    ann.until("more of it", &recorded(6)).await;
    browser.kill();
    drop((ann, ben, browser));

    let browser = Browser::start(setup()).await;
    let ann = browser.open("Ann", &server.url()).await;
    wait_for_lobby(&ann).await;
    ann.eval(CATCH_DOWNLOAD, vec![]).await;
    let file = saves_and_plays(&ann).await;
    // The last seconds are lost at most.
    is_whole(&file, 1.5);
    is_audible(&file);
    // What was saved is deleted at once, and nothing is found any more.
    ann.click(".kept [data-delete]").await;
    ann.until("nothing to be left", "!document.querySelector('.found')").await;
    let folders = "const names = []; for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name); \
                   return names";
    assert_eq!(ann.eval(folders, vec![]).await, json!([]));
    drop((ann, browser));
    let _ = std::fs::remove_dir_all(profile);
}

#[tokio::test]
async fn firefox_records_one_tile_until_the_call_ends() {
    let server = Server::start().await;
    let (firefox, chrome) = (Browser::firefox().await, Browser::start(Setup::speaking_chrome()).await);
    let (ann, ben) = (firefox.open("Ann", &server.url()).await, chrome.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    sees(&ann, &["Ben"]).await;
    starts_recording(&ann, "Ben").await;
    ann.press("leave").await;
    ann.until(
        "why it ended",
        "document.querySelector('.ended')?.textContent.includes('ended with the call')",
    )
    .await;
    let file = saves_and_plays(&ann).await;
    is_whole(&file, 3.0);
}
