//! Which devices are used: chosen, remembered, lost and found again, and all of it in a call that goes on.

use serde_json::{Value, json};
use visavis_e2e::call::{all_see_and_hear, join, sees, sees_and_hears, wait_for_lobby};
use visavis_e2e::relay::pass_through;
use visavis_e2e::{Browser, Page, RelayedServer, Server, Setup};

/// Chromium with two cameras and two microphones. It sends nothing of the second camera (Chromium 156, also by hand), so what
/// others are to see comes from the first.
fn two_cameras() -> Setup {
    Setup::chrome()
        .without("--use-fake-device-for-media-stream")
        .with("--use-fake-device-for-media-stream=fps=10,device-count=2")
}

/// The `deviceId` of the track of this kind that our own tile shows; empty for none.
const IN_USE: &str = "
const [kind] = arguments;
const video = document.querySelector('[data-self][data-source=camera] video');
const track = video?.srcObject?.getTracks().find(track => track.kind === kind && track.readyState === 'live');
return track?.getSettings().deviceId ?? '';";

/// Chooses the device at this place of a list, as a person does, and gives its id.
const CHOOSE: &str = "
const [kind, at] = arguments;
const list = document.querySelector(`dialog[open] [data-devices=${kind}] select`);
list.selectedIndex = at;
list.dispatchEvent(new Event('change', { bubbles: true }));
return list.value;";

/// From now on a camera is gone, as far as the page can see: whoever uses it has lost it.
const UNPLUG: &str = "
const [gone] = arguments, devices = navigator.mediaDevices, own = MediaDevices.prototype;
devices.enumerateDevices = async () => (await own.enumerateDevices.call(devices)).filter(it => it.deviceId !== gone);
const others = (await own.enumerateDevices.call(devices)).filter(it => it.kind === 'videoinput' && it.deviceId !== gone);
devices.getUserMedia = constraints => {
  if (constraints.video?.deviceId?.exact === gone) return Promise.reject(new OverconstrainedError('deviceId'));
  if (constraints.video) constraints.video.deviceId ??= { exact: others[0].deviceId };
  return own.getUserMedia.call(devices, constraints);
};
const track = document.querySelector('[data-self] video').srcObject.getVideoTracks()[0];
track.stop();
track.dispatchEvent(new Event('ended'));
devices.dispatchEvent(new Event('devicechange'));";

/// It is back.
const PLUG: &str = "
const devices = navigator.mediaDevices;
delete devices.enumerateDevices;
delete devices.getUserMedia;
devices.dispatchEvent(new Event('devicechange'));";

/// Waits for a condition in the page; the milliseconds that it took.
async fn takes(page: &Page, condition: &str, args: Vec<Value>) -> u64 {
    let script = format!(
        "const is = (...arguments) => {{ {condition} }}, begin = performance.now();
         while (!is(...arguments)) {{
           if (performance.now() - begin > 20000) throw new Error('not within 20 s');
           await new Promise(done => setTimeout(done, 20));
         }}
         return Math.round(performance.now() - begin);"
    );
    page.eval(&script, args).await.as_u64().expect("a time")
}

async fn uses(page: &Page, kind: &str, device: &str) -> u64 {
    let condition =
        format!("const use = (...arguments) => {{ {IN_USE} }}; return use(arguments[0]) === arguments[1];");
    takes(page, &condition, vec![json!(kind), json!(device)]).await
}

async fn open_settings(page: &Page) {
    page.press("settings").await;
    takes(page, "return document.querySelectorAll('dialog[open] [data-devices] option').length > 3", vec![])
        .await;
}

async fn choose(page: &Page, kind: &str, at: u32) -> String {
    page.eval(CHOOSE, vec![json!(kind), json!(at)]).await.as_str().expect("an id").to_owned()
}

/// The last of what the page has said in passing.
async fn says(page: &Page, words: &str) {
    let condition =
        "return [...document.querySelectorAll('.toast')].some(it => it.textContent.includes(arguments[0]))";
    takes(page, condition, vec![json!(words)]).await;
}

/// The number of the element in which somebody is seen.
async fn video_number(page: &Page, name: &str) -> u32 {
    let snapshot = page.wait_until(name, |it| it.tile(name).is_some_and(|tile| tile.video.is_some())).await;
    snapshot.tile(name).and_then(|tile| tile.video.as_ref()).expect("a video").number
}

/// Ann and Ben in a call, each with two cameras, and what passes between them and their server.
async fn call_of_two() -> (RelayedServer, Page, Page) {
    let site = RelayedServer::start(Server::start().await, pass_through).await;
    let browser = Browser::start(two_cameras()).await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;
    (site, ann, ben)
}

#[tokio::test]
async fn another_camera_is_seen_without_a_negotiation_and_remembered() {
    let (site, ann, ben) = call_of_two().await;
    let negotiated = site.relay.count("description") + site.relay.count("candidate");
    let video = video_number(&ben, "Ann").await;

    open_settings(&ann).await;
    let other = choose(&ann, "videoinput", 2).await;
    uses(&ann, "video", &other).await;
    let chosen = choose(&ann, "videoinput", 1).await;
    assert_ne!(chosen, other, "there is another camera");
    let took = uses(&ann, "video", &chosen).await;
    println!("another camera after {took} ms");
    sees_and_hears(&ben, &["Ann"]).await;
    for (quality, least, most) in [("saveData", 1, 320), ("best", 400, 1920)] {
        ann.eval(CHOOSE_QUALITY, vec![json!(quality)]).await;
        let width = "return document.querySelector('[data-participant]:not([data-self]) video').videoWidth";
        let condition = format!(
            "const width = (() => {{ {width} }})(); return width >= arguments[0] && width <= arguments[1]"
        );
        takes(&ben, &condition, vec![json!(least), json!(most)]).await;
    }
    ann.press("close-settings").await;
    sees_and_hears(&ben, &["Ann"]).await;
    assert_eq!(video_number(&ben, "Ann").await, video, "the same element goes on");
    assert_eq!(
        site.relay.count("description") + site.relay.count("candidate"),
        negotiated,
        "nothing was negotiated"
    );

    ann.press("leave").await;
    ann.goto(&site.url()).await;
    wait_for_lobby(&ann).await;
    uses(&ann, "video", &chosen).await;
}

/// Chooses how much videos may cost.
const CHOOSE_QUALITY: &str = "
const [quality] = arguments;
const list = document.querySelector('dialog[open] [data-video-quality] select');
list.value = quality;
list.dispatchEvent(new Event('change', { bubbles: true }));";

/// Chooses the second camera at this place of its list; 0 is none.
const CHOOSE_SECOND: &str = "
const [at] = arguments;
const list = document.querySelector('dialog[open] [data-second-camera] select');
list.selectedIndex = at;
list.dispatchEvent(new Event('change', { bubbles: true }));";

/// How many frames of somebody's second camera were shown.
const SECOND_FRAMES: &str = "
const video = document.querySelector('[data-source=second-camera] video');
return video?.videoWidth > 0 && video.getVideoPlaybackQuality().totalVideoFrames > 10;";

#[tokio::test]
async fn a_second_camera_is_seen_beside_the_first() {
    let (site, ann, ben) = call_of_two().await;
    open_settings(&ann).await;
    // The camera that Chromium sends has to be free for it.
    let other = choose(&ann, "videoinput", 2).await;
    uses(&ann, "video", &other).await;
    let is_free = "
        const list = document.querySelector('[data-second-camera]:not([hidden]) select');
        return list?.options.length === 2 && list.options[1].value !== arguments[0];";
    takes(&ann, is_free, vec![json!(other)]).await;
    ann.eval(CHOOSE_SECOND, vec![json!(1)]).await;
    takes(&ben, SECOND_FRAMES, vec![]).await;
    takes(&ann, SECOND_FRAMES, vec![]).await;
    uses(&ann, "video", &other).await;

    let gone = "return !document.querySelector('[data-source=second-camera]')";
    ann.eval(CHOOSE_SECOND, vec![json!(0)]).await;
    takes(&ben, gone, vec![]).await;
    takes(&ann, gone, vec![]).await;
    let negotiated = site.relay.count("description");
    ann.eval(CHOOSE_SECOND, vec![json!(1)]).await;
    takes(&ben, SECOND_FRAMES, vec![]).await;
    assert_eq!(site.relay.count("description"), negotiated, "the section of before was used again");
}

#[tokio::test]
async fn a_lost_camera_is_replaced_within_two_seconds_and_comes_back() {
    let (site, ann, ben) = call_of_two().await;
    open_settings(&ann).await;
    let other = choose(&ann, "videoinput", 2).await;
    uses(&ann, "video", &other).await;
    let chosen = choose(&ann, "videoinput", 1).await;
    uses(&ann, "video", &chosen).await;
    ann.press("close-settings").await;
    let negotiated = site.relay.count("description") + site.relay.count("candidate");

    ann.eval(UNPLUG, vec![json!(chosen)]).await;
    let lost = uses(&ann, "video", &other).await;
    println!("another camera {lost} ms after the chosen one was lost");
    assert!(lost < 2000, "{lost} ms");
    says(&ann, "Your camera is gone").await;
    ann.eval(PLUG, vec![]).await;
    let back = uses(&ann, "video", &chosen).await;
    println!("the chosen camera {back} ms after it was back");
    says(&ann, "Your camera is back").await;
    sees(&ben, &["Ann"]).await;
    assert_eq!(
        site.relay.count("description") + site.relay.count("candidate"),
        negotiated,
        "nothing was negotiated"
    );
}

/// A phone: what is pressed first is a finger, and its cameras look both ways. Chromium sends the first of its fake cameras only, so
/// that is the one at the front.
const PHONE: &str = "
{
const devices = navigator.mediaDevices, { getSettings } = MediaStreamTrack.prototype;
const media = window.matchMedia.bind(window), open = devices.getUserMedia.bind(devices);
window.matchMedia = query => media(query.includes('coarse') ? 'all' : query);
const cameras = async () => (await devices.enumerateDevices()).filter(it => it.kind === 'videoinput');
InputDeviceInfo.prototype.getCapabilities = function () {
  return { facingMode: [/1$/.test(this.label) ? 'environment' : 'user'] };
};
devices.getUserMedia = async constraints => {
  const { facingMode } = constraints.video || {};
  const back = (facingMode?.ideal ?? facingMode) === 'environment';
  if (facingMode) constraints.video.deviceId = { exact: (await cameras())[back ? 1 : 0].deviceId };
  const stream = await open(constraints);
  for (const track of stream.getVideoTracks())
    track.getSettings = () => ({ ...getSettings.call(track), facingMode: back ? 'environment' : 'user' });
  return stream;
};
}";

#[tokio::test]
async fn a_phone_changes_to_its_other_camera_without_a_negotiation() {
    let site = RelayedServer::start(Server::start().await, pass_through).await;
    let browser = Browser::start(two_cameras()).await;
    let ben = browser.open("Ben", &site.url()).await;
    assert_eq!(ben.eval("return document.querySelector('[data-flip-camera]')", vec![]).await, Value::Null);
    let ann = browser.open_blank("Ann").await;
    ann.cdp("Page.addScriptToEvaluateOnNewDocument", json!({ "source": PHONE })).await;
    ann.goto(&site.url()).await;
    for page in [&ben, &ann] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;
    let negotiated = site.relay.count("description") + site.relay.count("candidate");
    let front = ann.eval(IN_USE, vec![json!("video")]).await;
    takes(&ann, "return document.querySelector('[data-self] [data-flip-camera]')", vec![]).await;
    ann.click("[data-flip-camera]").await;
    let is_back = "
        const tile = document.querySelector('[data-self][data-source=camera]');
        return tile.dataset.facing === 'environment' && getComputedStyle(tile.querySelector('video')).transform === 'none';";
    takes(&ann, is_back, vec![]).await;
    assert_ne!(ann.eval(IN_USE, vec![json!("video")]).await, front, "another camera");
    ann.click("[data-flip-camera]").await;
    uses(&ann, "video", front.as_str().expect("an id")).await;
    sees_and_hears(&ben, &["Ann"]).await;
    assert_eq!(
        site.relay.count("description") + site.relay.count("candidate"),
        negotiated,
        "nothing was negotiated"
    );
}

#[tokio::test]
async fn switches_of_the_microphone_cost_nobody_a_word() {
    let site = RelayedServer::start(Server::start().await, pass_through).await;
    // A Firefox on a machine without a sound card measures nothing.
    for (setup, measures) in [(Setup::chrome(), true), (Setup::firefox(), false)] {
        let browser = Browser::start(setup).await;
        let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
        for page in [&ann, &ben] {
            join(page, "tea").await;
        }
        all_see_and_hear(&[&ann, &ben]).await;
        let negotiated = site.relay.count("description") + site.relay.count("candidate");
        ann.press("settings").await;
        let level = "const meter = document.querySelector('dialog[open] meter'); return meter && (meter.value > 0 || !arguments[0])";
        takes(&ann, level, vec![json!(measures)]).await;
        ann.click("[data-switch=noiseSuppression]").await;
        ann.press("close-settings").await;
        let kept = "return localStorage.getItem('visavis.devices')?.includes('\"noiseSuppression\":false')";
        takes(&ann, kept, vec![]).await;
        sees_and_hears(&ben, &["Ann"]).await;
        assert_eq!(
            site.relay.count("description") + site.relay.count("candidate"),
            negotiated,
            "nothing was negotiated"
        );
        ann.press("leave").await;
        ben.press("leave").await;
    }
}

#[tokio::test]
async fn everybody_is_heard_from_the_chosen_speaker_also_who_comes_later() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::chrome()).await;
    let ann = browser.open("Ann", &server.url()).await;
    join(&ann, "tea").await;
    open_settings(&ann).await;
    let chosen = choose(&ann, "audiooutput", 2).await;
    ann.press("test-sound").await;
    ann.press("close-settings").await;
    let ben = browser.open("Ben", &server.url()).await;
    join(&ben, "tea").await;
    sees_and_hears(&ann, &["Ben"]).await;
    let condition = "
        const videos = [...document.querySelectorAll('[data-participant]:not([data-self]) video')];
        return videos.length === 1 && videos.every(video => video.sinkId === arguments[0]);";
    takes(&ann, condition, vec![json!(chosen)]).await;
}
