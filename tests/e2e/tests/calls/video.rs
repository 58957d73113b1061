//! Pictures of any shape, and such as are not seen.

use std::sync::Arc;

use serde_json::{Value, json};
use visavis_e2e::call::{join, sees};
use visavis_e2e::{Browser, Page, Server, Setup, tools};

/// In place of the camera.
const CAMERA: &str = include_str!("../../src/camera.js");
const UPRIGHT: [u32; 2] = [360, 640];
const LAPTOP: [u32; 2] = [640, 360];

/// A page whose camera has this shape, and which can do more or less than others as `script` says.
async fn with_camera(browser: &Arc<Browser>, name: &str, url: &str, size: [u32; 2], script: &str) -> Page {
    let page = browser.open_blank(name).await;
    let source = CAMERA.replace("SIZE", &json!(size).to_string()) + script;
    page.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": source })).await;
    page.goto(url).await;
    join(&page, "tea").await;
    page
}

/// The share of a picture that is shown in the tile of somebody, and the share of the tile that it covers, in percent;
/// then the width and height of the tile.
const SHOWN: &str = r"
const tile = [...document.querySelectorAll('[data-participant]')]
  .find(tile => tile.querySelector('.name').textContent === arguments[0]);
const video = tile.querySelector('video');
const { width, height } = video.getBoundingClientRect();
const { videoWidth, videoHeight } = video;
const fit = getComputedStyle(video).objectFit === 'cover' ? Math.max : Math.min;
const scale = fit(width / videoWidth, height / videoHeight);
const [w, h] = [Math.min(width, videoWidth * scale), Math.min(height, videoHeight * scale)];
const percent = share => Math.round(100 * share);
return [percent(w * h / (videoWidth * videoHeight * scale * scale)), percent(w * h / (width * height)), width, height];
";

async fn shown(page: &Page, name: &str) -> [f64; 4] {
    let script = SHOWN.replace("arguments[0]", &json!(name).to_string());
    let value: Value = page.eval(&script, vec![]).await;
    serde_json::from_value(value).expect("four numbers")
}

/// Waits until the tile of somebody has this orientation with the whole picture in it, and mostly nothing else.
async fn assert_uncropped(page: &Page, name: &str, upright: bool) {
    for _ in 0..100 {
        let [whole, covers, width, height] = shown(page, name).await;
        if whole >= 99.0 && covers >= 70.0 && (height > width) == upright {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
    }
    panic!("{}: {name} shows as {:?}", page.name(), shown(page, name).await);
}

/// What extensions do: elements of ours get another around them.
const WRAP: &str = r"
for (const element of document.querySelectorAll('.stage, .tiles, video')) {
  const around = document.createElement('div');
  element.replaceWith(around);
  around.append(element);
}
";

async fn save_screenshot(page: &Page, name: &str) {
    page.screenshot(&tools::artifacts().join(format!("pictures-{name}.png")).to_string_lossy()).await;
}

#[tokio::test]
async fn a_picture_keeps_its_shape_and_is_told_when_it_stops() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::chrome()).await;
    let ann = with_camera(&browser, "Ann", &server.url(), LAPTOP, "").await;
    let ben = with_camera(&browser, "Ben", &server.url(), UPRIGHT, "").await;
    ann.resize(1280, 800).await;
    ben.resize(360, 740).await;
    sees(&ann, &["Ben"]).await;
    sees(&ben, &["Ann"]).await;
    assert_uncropped(&ann, "Ben", true).await;
    assert_uncropped(&ben, "Ann", false).await;
    save_screenshot(&ann, "laptop-sees-phone").await;
    save_screenshot(&ben, "phone-sees-laptop").await;
    let [_, _, width, _] = shown(&ben, "Ann").await;
    assert!(width > 330.0, "as wide as the phone: {width}");

    ben.eval("__camera.turn()", vec![]).await;
    assert_uncropped(&ann, "Ben", false).await;
    ben.eval("__camera.turn()", vec![]).await;
    assert_uncropped(&ann, "Ben", true).await;

    ann.eval(WRAP, vec![]).await;
    assert_uncropped(&ann, "Ben", true).await;

    // The crop is the person's choice; the keyboard reaches it.
    ben.eval(
        "document.querySelector('[data-participant]:not([data-self]) [data-control=crop]').focus()",
        vec![],
    )
    .await;
    ben.type_keys(" ").await;
    let [whole, covers, ..] = shown(&ben, "Ann").await;
    assert!(whole < 60.0, "{whole} {covers}");
    assert!(covers >= 99.0, "{whole} {covers}");
    save_screenshot(&ben, "phone-fills-with-laptop").await;
    ben.click("[data-participant]:not([data-self]) [data-control=crop]").await;
    assert_uncropped(&ben, "Ann", false).await;

    ben.eval("__camera.stop()", vec![]).await;
    let snapshot = ann
        .wait_until("Ben's picture to be missed", |snapshot| {
            snapshot.tile("Ben").is_some_and(|tile| tile.reason == "picture-stalled" && tile.camera == "off")
        })
        .await;
    assert!(snapshot.tile("Ben").is_some_and(|tile| tile.status.contains("Ben")), "{snapshot}");
    let snapshot = ben.wait_until("Ben to be told", |snapshot| snapshot.notice("stalled").is_some()).await;
    assert!(snapshot.control("try-device").is_some(), "{snapshot}");
    save_screenshot(&ann, "stalled").await;
    save_screenshot(&ben, "stalled-here").await;
    ben.eval("__camera.go()", vec![]).await;
    sees(&ann, &["Ben"]).await;
    ben.wait_until("Ben's camera to be fine", |snapshot| snapshot.notice("stalled").is_none()).await;
}

/// Knows one video codec only.
fn only_codec(codec: &str) -> String {
    [
        r"
        const wanted = RTCRtpReceiver.getCapabilities('video').codecs.filter(codec => codec.mimeType === 'video/",
        codec,
        r"');
        for (const name of ['setLocalDescription', 'createAnswer']) {
          const original = RTCPeerConnection.prototype[name];
          RTCPeerConnection.prototype[name] = function (...args) {
            for (const it of this.getTransceivers()) {
              if (it.receiver.track.kind === 'video') try { it.setCodecPreferences(wanted); } catch {}
            }
            return original.apply(this, args);
          };
        }",
    ]
    .concat()
}

#[tokio::test]
async fn browsers_without_a_common_codec_say_so() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::chrome()).await;
    let ann = with_camera(&browser, "Ann", &server.url(), LAPTOP, &only_codec("VP9")).await;
    let ben = with_camera(&browser, "Ben", &server.url(), LAPTOP, &only_codec("AV1")).await;
    for (page, other) in [(&ann, "Ben"), (&ben, "Ann")] {
        let snapshot = page
            .wait_until(&format!("no picture of {other}"), |snapshot| {
                snapshot.tile(other).is_some_and(|tile| tile.reason == "no-picture" && tile.camera == "off")
            })
            .await;
        assert!(snapshot.tile(other).is_some_and(|tile| tile.status.contains("video format")), "{snapshot}");
        assert!(snapshot.notice("stalled").is_none(), "the cameras are fine: {snapshot}");
    }
}
