//! What a join costs, in things that can be counted: a clock says more about the machine than about the page. Each bound
//! is a little above what was counted when it was written; whoever has a reason to exceed it says so there.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use visavis_e2e::call::{join, wait_for_lobby};
use visavis_e2e::page::WAIT_TIMEOUT;
use visavis_e2e::relay::{Direction, Frame, pass_through};
use visavis_e2e::{Browser, Page, RelayedServer, Server, Setup};

/// What pages mark, and which functions of a program Chrome compiles because somebody calls them. No more than that: its driver
/// holds a hundred thousand events.
const TRACED: &str = "blink.user_timing,disabled-by-default-v8.wasm.detailed";

/// Joins, and marks when.
const CLICK: &str = "performance.clearResourceTimings();
performance.mark('visavis-click');
document.querySelector('[data-control=join]').click();";

/// Remembers the player of our own picture, and every pause of it.
const REMEMBER_PLAYER: &str = "window.player = document.querySelector('.preview video');
window.pauses = 0;
for (const type of ['pause', 'emptied', 'waiting']) player.addEventListener(type, () => pauses++);";

/// Whether that is the one on the stage, and has never stopped.
const PLAYER_STAYS: &str =
    "return player === document.querySelector('.tiles [data-self] video') && !player.paused && pauses === 0;";

/// Waits for a frame of somebody else without looking at anything that makes the browser compute a layout, and marks when it
/// came. Gives what the page had loaded by then, but for its icon: the browser asks for that by itself whenever the address
/// changes; and but for the part of the program that reads statistics, for which a page asks by the clock once it is connected:
/// where that is before the frame, it is the end of what is counted.
const OTHERS_FRAME: &str =
    "const shown = () => [...document.querySelectorAll('[data-participant]:not([data-self]) video')]
    .some(video => video.getVideoPlaybackQuality().totalVideoFrames > 0);
while (!shown()) await new Promise(resolve => setTimeout(resolve, 20));
const loaded = performance.getEntriesByType('resource');
const later = loaded.find(entry => entry.name.includes('_later'));
performance.mark('visavis-picture', { startTime: later?.startTime ?? performance.now() });
return loaded.map(entry => entry.name).filter(name => !name.includes('favicon') && !name.includes('_later'));";

/// The code of the call is warmed up in steps, one in each of the browser's idle periods, in the order in which they were asked
/// for: so this many of the test's own come after all of them.
const IDLE_PERIODS: &str =
    "for (let i = 0; i < 60; i++) await new Promise(done => requestIdleCallback(done));";

/// Waits until the lobby has all that it makes ready: its offer is described and its candidates are gathered.
async fn wait_until_prepared(page: &Page) {
    wait_for_lobby(page).await;
    let start = Instant::now();
    loop {
        let states = page.eval("return __e2e.states()", vec![]).await;
        let states = states.as_str().unwrap_or_default().to_owned();
        if states.contains("have-remote-pranswer") && states.contains("complete") {
            break;
        }
        assert!(start.elapsed() < WAIT_TIMEOUT, "no offer was prepared, but: {states}");
        sleep(Duration::from_millis(100)).await;
    }
    page.eval(IDLE_PERIODS, vec![]).await;
}

/// A counter of Chrome's about a page.
async fn metric(page: &Page, name: &str) -> u64 {
    let answer = page.cdp("Performance.getMetrics", json!({})).await;
    let metrics = answer["metrics"].as_array().expect("a list of metrics");
    let found = metrics.iter().find(|metric| metric["name"] == name).expect("a metric of that name");
    found["value"].as_f64().expect("a number") as u64
}

/// Waits for a frame of somebody else, and gives what the page had loaded by then.
async fn loaded_before_frame(page: &Page) -> Vec<String> {
    serde_json::from_value(page.eval(OTHERS_FRAME, vec![]).await).expect("a list of addresses")
}

/// How often somebody waits for an answer: frames that come down after one that went up. Nobody waits for candidates.
fn round_trips(frames: &[Frame]) -> usize {
    let waited_for: Vec<_> =
        frames.iter().filter(|frame| frame.kind() != "candidate").map(|frame| frame.direction).collect();
    waited_for.windows(2).filter(|pair| *pair == [Direction::ToServer, Direction::ToPage]).count()
}

/// What passed on a socket, but for what only says that somebody is alive, and the offer for whoever comes next.
fn frames_of(frames: Vec<Frame>, socket: usize) -> Vec<Frame> {
    let own = frames.into_iter().filter(|frame| frame.socket == socket);
    own.filter(|frame| !["ping", "pong", "deposit"].contains(&frame.kind().as_str())).collect()
}

/// How many functions of its program a page compiled between its click and the frame, because somebody called them.
fn compiled_functions(trace: &[Value]) -> usize {
    let named = |part: &'static str| {
        move |event: &&Value| event["name"].as_str().is_some_and(|name| name.contains(part))
    };
    let mark = |name| trace.iter().find(named(name)).expect("what was marked is traced");
    let (click, picture) = (mark("visavis-click"), mark("visavis-picture"));
    let time = |event: &Value| event["ts"].as_f64();
    let compiled =
        trace.iter().filter(named("wasm.CompileBaseline")).filter(|event| event["tid"] == click["tid"]);
    compiled.filter(|event| (time(click)..time(picture)).contains(&time(event))).count()
}

#[tokio::test]
async fn a_join_takes_few_frames_and_little_work() {
    let site = RelayedServer::start(Server::start().await, pass_through).await;
    let browser = Browser::start(Setup::small_chrome().traced(TRACED)).await;
    let ann = browser.open("Ann", &site.url()).await;
    join(&ann, "cost").await;
    ann.wait_until("an offer for whoever comes", |_| site.relay.count("deposit") > 0).await;
    let ben = browser.open("Ben", &format!("{}#room=cost", site.url())).await;
    wait_for_lobby(&ben).await;
    ben.fill("input[name=name]", "Ben").await;
    wait_until_prepared(&ben).await;
    ben.cdp("Performance.enable", json!({})).await;
    let socket = site.relay.sockets() - 1;

    let (layouts, styles) = (metric(&ben, "LayoutCount").await, metric(&ben, "RecalcStyleCount").await);
    let before = site.relay.delivered().len();
    ben.eval(REMEMBER_PLAYER, vec![]).await;
    ben.eval(CLICK, vec![]).await;
    let loaded = loaded_before_frame(&ben).await;
    let layouts = metric(&ben, "LayoutCount").await - layouts;
    let styles = metric(&ben, "RecalcStyleCount").await - styles;
    let compiled = compiled_functions(&ben.trace().await);
    loaded_before_frame(&ann).await;
    let player_stays = ben.eval(PLAYER_STAYS, vec![]).await;
    assert_eq!(player_stays, true, "our own picture is moved to the stage as it is");

    let frames = frames_of(site.relay.delivered().split_off(before), socket);
    let kinds: Vec<String> =
        frames.iter().map(|frame| format!("{:?} {}", frame.direction, frame.kind())).collect();
    println!("{layouts} layouts, {styles} styles, {compiled} functions, {loaded:?} loaded, {kinds:?}");
    assert!(loaded.is_empty(), "loaded after the click: {loaded:?}");
    assert_eq!(round_trips(&frames), 1, "{kinds:?}");
    let mut steps = kinds.clone();
    steps.retain(|kind| !kind.ends_with("candidate"));
    assert_eq!(steps, ["ToServer join", "ToPage joined"]);
    // Those that are not in a description yet when it leaves: how many is up to how busy the machine is.
    assert!(kinds.len() - steps.len() <= 12, "{kinds:?}");
    assert!(layouts <= 10, "{layouts} layouts");
    assert!(styles <= 30, "{styles} computations of styles");
    // Where the counters are read before the picture is seen here, there are some more.
    assert!(compiled <= 90, "{compiled} functions were compiled between click and picture");
}
