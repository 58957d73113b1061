//! Recording a call, as a person does, and what is in the file.

use serde_json::{Value, json};

use crate::page::Page;

/// What is recorded if all that one sees is: what the dialog calls it.
pub const STAGE: &str = "The whole stage, with all voices";

/// Notes down the finished file, and where it would go.
pub const CATCH_DOWNLOAD: &str = r"
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

/// Records what is called so in the dialog.
pub async fn starts_recording(page: &Page, what: &str) {
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
pub fn recorded(seconds: u32) -> String {
    format!(
        "/0:(\\d\\d)/.exec(document.querySelector('.recordings .progress')?.textContent)?.[1] >= {seconds}"
    )
}

/// Saves the first recording of a list, and plays it.
pub async fn saves_and_plays(page: &Page) -> Value {
    page.until("what was recorded", "document.querySelector('.kept [data-save]')").await;
    page.click(".kept [data-save]").await;
    page.until("a finished file", "window.saved?.url").await;
    page.eval(PLAY, vec![]).await
}

/// It can be played, from the middle on, too; both halves of the picture show somebody.
pub fn is_whole(file: &Value, seconds: f64) {
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

/// Somebody is heard in it.
pub fn is_audible(file: &Value) {
    assert!(file["loudest"].as_f64() > Some(0.02), "{file}");
}
