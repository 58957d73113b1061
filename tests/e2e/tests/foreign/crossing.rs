//! Offers that cross, where nobody says who is there: however slow the server is and whoever comes how much later.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde_json::json;
use visavis_e2e::call::sees_and_hears_count;
use visavis_e2e::{Browser, Page, StaticSite};

use crate::clients::{see_and_hear_each_other, their_page, their_site};
use crate::scenes::{Fixture, SceneRunner};

/// How long the server takes from one to the other, and how much later the second one starts, in milliseconds.
const DELAY: i64 = 5;
const OFFSET: i64 = 20;
/// The same between a Visavis page and theirs, where it matters who is first.
const MIXED_OFFSETS: [i64; 2] = [-20, 20];
pub(crate) const KINDS: [(&str, &str); 2] = [("broadcast", "&held=yes"), ("join-room", "&held=yes&call=yes")];
/// Time enough for everybody to be told when they start.
const START_DELAY: i64 = 1500;

const ROOM: &str = "tea-and-cake";

#[tokio::test]
async fn offers_that_cross_come_to_a_call() {
    let (mut scenes, pages) = (SceneRunner::new().await, their_site().await);
    for kind in KINDS {
        run_crossing(&mut scenes, &pages, kind, DELAY, &[OFFSET], &MIXED_OFFSETS).await;
    }
    scenes.finish();
}

/// Plays every pair that starts with one of these offsets.
pub(crate) async fn run_crossing(
    scenes: &mut SceneRunner,
    pages: &StaticSite,
    (kind, extra): (&str, &str),
    delay: i64,
    offsets: &[i64],
    mixed: &[i64],
) {
    let command = format!("{kind} --delay {delay}");
    let (browser, crossing) = (scenes.browser(), Crossing { command: &command, kind, extra });
    // The pairs do not know of one another: each has a server of its own.
    let visavis = join_all(offsets.iter().map(|offset| crossing.two_visavis_pages(&browser, *offset)));
    scenes.run(&format!("{command}, two Visavis pages"), async { drop(visavis.await) }).await;
    for offsets in mixed.chunks(3) {
        let browser = scenes.browser();
        let mixed = offsets.iter().map(|offset| crossing.visavis_and_their_page(&browser, pages, *offset));
        let scene = format!("{command}, a Visavis page and theirs {offsets:?} later");
        scenes.run(&scene, async { drop(join_all(mixed).await) }).await;
    }
}

struct Crossing<'a> {
    command: &'a str,
    kind: &'a str,
    extra: &'a str,
}

impl Crossing<'_> {
    async fn two_visavis_pages(&self, browser: &Arc<Browser>, offset: i64) {
        let mut fixture = Fixture::start(self.command, self.kind, "/").await;
        let ann = ready_to_join(browser, &fixture, &format!("Ann {offset}")).await;
        let ben = ready_to_join(browser, &fixture, &format!("Ben {offset}")).await;
        let begin = start_time();
        ann.eval(JOIN_AT, vec![json!(begin)]).await;
        ben.eval(JOIN_AT, vec![json!(begin + offset)]).await;
        sees_and_hears_count(&ann, 1).await;
        sees_and_hears_count(&ben, 1).await;
        fixture.server.assert_alive();
        ann.close().await;
        ben.close().await;
    }

    async fn visavis_and_their_page(&self, browser: &Arc<Browser>, pages: &StaticSite, offset: i64) {
        let mut fixture = Fixture::start(self.command, self.kind, "/").await;
        let visavis = ready_to_join(browser, &fixture, &format!("Ann {offset}")).await;
        let theirs = their_page(browser, pages, &fixture.server, self.kind, ROOM, self.extra).await;
        let begin = start_time();
        visavis.eval(JOIN_AT, vec![json!(begin)]).await;
        theirs.eval("window.begin(arguments[0])", vec![json!(begin + offset)]).await;
        see_and_hear_each_other(&visavis, &theirs).await;
        fixture.server.assert_alive();
        visavis.close().await;
        theirs.close().await;
    }
}

/// Enters the room at this moment of the machine's clock.
const JOIN_AT: &str =
    "setTimeout(() => document.querySelector('[data-control=join]').click(), arguments[0] - Date.now())";

/// A moment that is about to come, in milliseconds of the machine's clock.
fn start_time() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
    i64::try_from(now.as_millis()).expect("for some time to come") + START_DELAY
}

/// A Visavis page in the lobby, about to join.
async fn ready_to_join(browser: &Arc<Browser>, fixture: &Fixture, name: &str) -> Page {
    let page = browser.open(name, &fixture.app.url()).await;
    let ready = |snapshot: &visavis_e2e::Snapshot| {
        snapshot.control("join").is_some_and(|join| !join.disabled)
            && snapshot.control("camera").is_some_and(|camera| camera.state == "on")
    };
    page.wait_until("a lobby that can be used", ready).await;
    page.fill("input[name=room]", ROOM).await;
    page.fill("input[name=name]", name).await;
    page
}
