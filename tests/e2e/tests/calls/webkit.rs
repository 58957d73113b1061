//! Every screen in WebKitGTK, whose engine is that of Safari. Debian builds it without `RTCPeerConnection`: what comes before
//! a call is tried as it is, and the stage with connections that receive a canvas and a tone.

use std::sync::Arc;

use serde_json::json;
use visavis_e2e::browser::{PEER_CONNECTION, PROBE, SMALL_CAMERA};
use visavis_e2e::call::{all_see_and_hear, join};
use visavis_e2e::preflight::{check, states};
use visavis_e2e::server::free_port;
use visavis_e2e::{Browser, Bundle, Page, Server, Setup, StaticSite, tools};

use crate::{layout, safety};

/// What is wrong with what the window shows, for somebody who reads and clicks; with a selector, with that alone, which may lie
/// over the rest.
pub(crate) const LAYOUT_ISSUES: &str = r"
const issues = [];
const { clientWidth: width, clientHeight: height, scrollWidth } = document.documentElement;
if (scrollWidth > width) issues.push(`the page is ${scrollWidth} wide, the window ${width}`);
const room = document.querySelector(arguments[0] ?? 'visavis-room');
const shown = (it) => {
  const { width, height } = it.getBoundingClientRect();
  return width * height > 0 && it.checkVisibility({ visibilityProperty: true });
};
const all = [...room.querySelectorAll('*')].filter((it) => !it.closest('svg svg *, svg > *') && shown(it));
const name = (it) => `${it.localName}.${it.className} ${it.dataset.control ?? it.name ?? ''}`;
const scrolls = (it) => it !== room && (getComputedStyle(it).overflowX !== 'visible' || scrolls(it.parentElement));
for (const it of all) {
  const { left, right } = it.getBoundingClientRect();
  if ((left < -1 || right > width + 1) && !it.closest('.trace ol')) issues.push(`${name(it)} is cut off: ${left} to ${right}`);
  const style = getComputedStyle(it);
  const cut = it.scrollWidth > it.clientWidth + 1 && style.overflowX === 'hidden' && style.textOverflow !== 'ellipsis';
  if (cut && it.matches('p, h1, h2, button, a, li, label, summary')) issues.push(`the text of ${name(it)} is cut off`);
}
for (const it of all) {
  if (!it.matches('[data-control], input, select, textarea, summary, h1, h2, p:not(.toast), li') || it.disabled) continue;
  it.scrollIntoView({ block: 'nearest', inline: 'nearest', behavior: 'instant' });
  const box = it.getBoundingClientRect();
  const x = box.x + box.width / 2;
  for (const y of [box.y + 4, box.bottom - 4]) {
    const top = document.elementFromPoint(x, y);
    if (!it.contains(top)) issues.push(`${name(it)} is covered at ${x}, ${y} by ${top && name(top)}`);
  }
}
// For the picture: back to the top, or to what has just been opened.
room.querySelectorAll('*').forEach((it) => it.scrollTo(0, 0));
room.querySelector('.check li, details[open]')?.scrollIntoView({ block: 'center' });
for (let i = 0; i < 3; i++) await new Promise((painted) => requestAnimationFrame(painted));
return issues;
";

/// In a window of a laptop and of a telephone everything can be read and clicked, and these words are there. Screenshots
/// are saved among the artifacts.
async fn assert_fits(page: &Page, screen: &str, words: &[&str]) {
    for (width, height) in [(360, 740), (1280, 800)] {
        page.resize(width, height).await;
        let issues = page.eval(LAYOUT_ISSUES, vec![]).await;
        assert_eq!(issues, json!([]), "{screen} at {width}x{height}");
        let path = tools::artifacts().join(format!("webkit-{screen}-{width}x{height}.png"));
        page.screenshot(&path.to_string_lossy()).await;
    }
    let text = page.eval("return document.querySelector('visavis-room').innerText", vec![]).await;
    let text = text.as_str().expect("a text");
    for word in words {
        assert!(text.contains(word), "{screen} lacks {word:?}: {text}");
    }
    assert_eq!(page.snapshot().await.errors, [""; 0], "{screen}");
}

async fn lobby(page: &Page) {
    page.wait_until("a lobby with its camera", |snapshot| {
        snapshot.control("join").is_some_and(|join| !join.disabled)
            && snapshot.control("camera").is_some_and(|it| it.state == "on")
            && snapshot.notice("unsupported").is_some()
    })
    .await;
}

#[tokio::test]
#[ignore = "needs WebKitGTK and Xvfb; `cargo xtask test` runs it where they are"]
async fn the_lobby_and_its_panels_fit_in_webkitgtk() {
    let bundle = Bundle::with_config(&json!({ "signaling": { "choose": true } }));
    let bundle = bundle.with_scripts(&[("small_camera.js", SMALL_CAMERA), ("probe.js", PROBE)]);
    let stun = format!("stun:127.0.0.1:{}", free_port());
    let server = Server::with(bundle.path().to_owned(), &["--ice-url", &stun]).await;
    let browser = Browser::start(Setup::webkit()).await;
    let page = browser.open("Ann", &server.url()).await;
    lobby(&page).await;
    let words =
        ["Meet face to face", "Room", "Your name", "no WebRTC", "Join", "Check my connection", "Server"];
    assert_fits(&page, "lobby", &words).await;

    let lines = check(&page).await;
    assert_eq!(states(&lines), ["passed", "passed", "passed", "skipped", "failed"], "{lines:#?}");
    assert_fits(
        &page,
        "check",
        &["Signaling server works", "Camera works", &stun, "This browser cannot tell"],
    )
    .await;
    page.press("close-check").await;

    page.click("details.server summary").await;
    assert_fits(&page, "server", &["Kind", "Use this server"]).await;
    page.press("trace").await;
    page.wait_until("the messages", |snapshot| snapshot.control("close-trace").is_some()).await;
    assert_fits(&page, "trace", &["Messages", "What passes between"]).await;
    page.goto(&format!("{}?try", server.url())).await;
    lobby(&page).await;
    page.click(".trial summary").await;
    assert_fits(&page, "trial", &["Describe the server", "Try it", "Download"]).await;

    page.goto(&format!("{}?room=tea", server.url())).await;
    lobby(&page).await;
    join(&page, "tea").await;
    assert_fits(&page, "alone", &["You are the only one here", "Copy link", "Leave"]).await;
    page.press("leave").await;
    page.wait_until("to be out", |snapshot| snapshot.state == "left").await;
    assert_fits(&page, "left", &["Join again", "Back to the lobby"]).await;
    assert_error_pages_fit(&browser, &bundle).await;
}

/// What the page says where nothing goes on.
async fn assert_error_pages_fit(browser: &Arc<Browser>, bundle: &Bundle) {
    let site = StaticSite::serving(bundle.path(), 0).await;
    let page = browser.open("Ben", &site.url()).await;
    page.wait_until("to be told that there is no server", |snapshot| snapshot.notice("no-server").is_some())
        .await;
    assert_fits(&page, "no-server", &["tabs of this browser only"]).await;
    for (config, problem, word) in [
        (
            json!({ "signaling": { "url": format!("ws://127.0.0.1:{}/ws", free_port()) } }),
            "unreachable",
            "Nobody",
        ),
        (json!({ "signaling": 1 }), "config", "This page cannot go on"),
    ] {
        std::fs::write(bundle.path().join("config.json"), config.to_string()).unwrap();
        page.reload().await;
        page.wait_until(problem, |snapshot| snapshot.problem == problem).await;
        assert_fits(&page, problem, &[word]).await;
    }
}

#[tokio::test]
#[ignore = "needs WebKitGTK and Xvfb; `cargo xtask test` runs it where they are"]
async fn the_stage_fits_in_webkitgtk() {
    let bundle = Bundle::with_config(&json!({})).with_scripts(&[
        ("small_camera.js", SMALL_CAMERA),
        ("peer_connection.js", PEER_CONNECTION),
        ("probe.js", PROBE),
    ]);
    let server = Server::serving(&bundle).await;
    let browser = Browser::start(Setup::webkit()).await;
    let mut pages: Vec<Page> = Vec::new();
    for name in ["Ann", "Ben"] {
        let page = browser.open(name, &server.url()).await;
        join(&page, "tea").await;
        // Nobody looks at the others, and WebKitGTK paints without hardware here.
        if !pages.is_empty() {
            page.resize(360, 640).await;
        }
        pages.push(page);
        layout::assert_layout(&pages[0], pages.len()).await;
    }
    let [ann, ben] = &pages[..] else { panic!("two pages") };
    all_see_and_hear(&[ann, ben]).await;
    assert_fits(ann, "stage", &["Ann", "Ben", "Leave", "Copy link"]).await;

    let words = safety::words(ann).await;
    assert_eq!(words.split(' ').count(), 8, "{words}");
    assert_fits(ann, "safety", &["Read these words", &words]).await;
    // Whoever has read them closes them again.
    ann.eval("document.querySelector('[data-connection] .safety[open]').open = false", vec![]).await;

    ben.press("camera").await;
    ben.press("microphone").await;
    ann.wait_until("Ben to send nothing", |snapshot| {
        snapshot.tile("Ben").is_some_and(|tile| tile.camera == "off" && tile.microphone == "off")
    })
    .await;
    assert_fits(ann, "camera-off", &["Ben"]).await;
    ben.press("leave").await;
    ann.wait_until("Ben to be gone", |snapshot| snapshot.others().count() == 0).await;
    let toast =
        "[...document.querySelectorAll('.toast')].some(toast => toast.textContent.includes('Ben left'))";
    ann.until("that said", toast).await;
    assert_fits(ann, "left-alone", &["You are the only one here"]).await;
}
