//! Links that carry too little, and lose some of it.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::time::sleep;
use visavis_e2e::{Page, Setup};

use crate::paths::Call;

const LISTEN: &str = include_str!("weak_links.js");

/// For what a browser does in its own time.
const PATIENCE: Duration = Duration::from_secs(60);

/// A second of the call.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Second {
    /// How much of the sound was looked at, in seconds.
    heard: f64,
    /// The longest time without any sound, in seconds.
    longest_quiet: f64,
    /// How often the encoding of the own video was changed.
    changes: usize,
    /// Of the other's picture.
    width: u32,
    frames: u32,
}

/// A page that listens.
struct Listener<'a>(&'a Page);

impl Listener<'_> {
    async fn start(&self) {
        self.0.eval(LISTEN, vec![]).await;
    }

    async fn second(&self, what: &str) -> Second {
        let second = self.0.eval("return link.second()", vec![]).await;
        println!("{what}: {} gets {second}", self.0.name());
        serde_json::from_value(second).expect("what a second consists of")
    }
}

/// What two people got of each other while so much time passed.
async fn watch(call: &Call, time: Duration, what: &str) -> [Vec<Second>; 2] {
    let listeners = [Listener(&call.ann), Listener(&call.ben)];
    for listener in &listeners {
        listener.second("before").await;
    }
    let (begin, mut all) = (Instant::now(), [Vec::new(), Vec::new()]);
    while begin.elapsed() < time {
        // What comes in a second is what is looked at.
        sleep(Duration::from_secs(1)).await;
        for (listener, seconds) in listeners.iter().zip(&mut all) {
            seconds.push(listener.second(&format!("{what}, {:.0} s", begin.elapsed().as_secs_f64())).await);
        }
    }
    all
}

/// Nobody missed more than a syllable.
fn sound_went_on(seconds: &[Second]) {
    let (heard, quiet) = seconds.iter().fold((0.0, 0.0_f64), |(heard, quiet), second| {
        (heard + second.heard, quiet.max(second.longest_quiet))
    });
    assert!(heard > 0.8 * seconds.len() as f64, "{heard} s were looked at in {} s", seconds.len());
    assert!(quiet < 0.2, "{quiet} s without sound");
}

fn changes(seconds: &[Second]) -> usize {
    seconds.iter().map(|second| second.changes).sum()
}

/// Ann and Ben, who speak all the time, with pictures that take 0.5 Mbit/s.
async fn demanding_call() -> Option<Call> {
    let call = Call::between(Setup::demanding_chrome(), Setup::demanding_chrome()).await?;
    for page in [&call.ann, &call.ben] {
        Listener(page).start().await;
        page.wait_until("to see the other as large as the camera", |snapshot| widest(snapshot) == 640).await;
    }
    Some(call)
}

/// Whether the tile of the other says what is lost and what was done about it.
fn tells_loss(snapshot: &visavis_e2e::Snapshot) -> bool {
    snapshot.others().any(|tile| {
        tile.status.contains(" % of what ")
            && tile.status.contains("lost on the way")
            && tile.status.contains("smaller until it is better")
    })
}

/// Whether no tile explains anything.
fn tells_nothing(snapshot: &visavis_e2e::Snapshot) -> bool {
    snapshot.others().all(|tile| tile.status.is_empty())
}

fn widest(snapshot: &visavis_e2e::Snapshot) -> u32 {
    snapshot
        .others()
        .filter_map(|tile| tile.video.as_ref().map(|video| video.width))
        .max()
        .unwrap_or_default()
}

#[tokio::test]
async fn on_a_weak_link_sound_goes_on_and_the_picture_is_small_until_it_is_better() {
    let Some(call) = demanding_call().await else { return };
    if !call.network.lose(5) {
        return;
    }
    call.network.limit(300);
    for seconds in watch(&call, Duration::from_secs(60), "300 kbit/s less 5 %").await {
        sound_went_on(&seconds);
        let steady = &seconds[seconds.len() - 10..];
        assert!(steady.iter().all(|second| second.width <= 320), "{steady:?}");
        assert!(steady.iter().all(|second| second.frames >= 5), "{steady:?}");
        assert_eq!(changes(steady), 0, "{steady:?}");
    }
    for page in [&call.ann, &call.ben] {
        page.within(PATIENCE, "to be told why the picture is small", tells_loss).await;
    }
    call.network.lift_limit();
    call.network.lose_nothing();
    let begin = Instant::now();
    let pages = [&call.ann, &call.ben];
    for page in pages {
        let time = Duration::from_secs(10).saturating_sub(begin.elapsed());
        page.within(time, "a larger picture once the link is back", |snapshot| widest(snapshot) >= 320).await;
        println!("{}: 320 wide after {:.1} s", page.name(), begin.elapsed().as_secs_f64());
    }
    // From then on it is Chromium alone that makes it smaller, for five seconds or twenty.
    for page in pages {
        page.within(PATIENCE, "a picture as large as the camera's", |snapshot| widest(snapshot) == 640).await;
        println!("{}: 640 wide after {:.1} s", page.name(), begin.elapsed().as_secs_f64());
    }
    for page in pages {
        page.within(PATIENCE, "nothing to be said any more", tells_nothing).await;
    }
    for page in pages {
        let encoding = page.eval("return link.encoding", vec![]).await;
        assert_eq!(encoding["scaleResolutionDownBy"], 1, "{encoding}");
        assert!(encoding["maxBitrate"].as_u64() > Some(500_000), "{encoding}");
    }
}

/// For a minute, or as many seconds as `VISAVIS_WEAK_LINK_SECONDS` says.
#[tokio::test]
async fn a_link_that_just_does_not_suffice_makes_nothing_come_and_go() {
    let Some(call) = demanding_call().await else { return };
    let time = std::env::var("VISAVIS_WEAK_LINK_SECONDS").ok().and_then(|seconds| seconds.parse().ok());
    call.network.limit(500);
    for seconds in watch(&call, Duration::from_secs(time.unwrap_or(60)), "500 kbit/s").await {
        sound_went_on(&seconds);
        // Once down, and what is tried in vain: twice as long passes before each next time.
        assert!(changes(&seconds) <= 5, "{} changes", changes(&seconds));
    }
}
