//! Offers that cross, where nobody says who is there: however slow the server is and whoever comes how much later.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use futures_util::future::join_all;
use serde_json::json;
use visavis_e2e::call::meets_some;
use visavis_e2e::{Browser, Page, Site};

use crate::clients::{meet, their_page, their_site};
use crate::stage::{House, Stage};

/// How long the server takes from one to the other, and how much later the second one starts, in milliseconds.
const DELAY: i64 = 5;
const OFFSET: i64 = 20;
/// The same between ours and theirs, where it matters who is first.
const MIXED_OFFSETS: [i64; 2] = [-20, 20];
pub(crate) const KINDS: [(&str, &str); 2] = [("broadcast", "&held=yes"), ("join-room", "&held=yes&call=yes")];
/// Time enough for everybody to be told when they start.
const NOTICE: i64 = 1500;

const ROOM: &str = "tea-and-cake";

#[tokio::test]
async fn offers_that_cross_come_to_a_call() {
    let (mut stage, pages) = (Stage::new().await, their_site().await);
    for kind in KINDS {
        cross(&mut stage, &pages, kind, DELAY, &[OFFSET], &MIXED_OFFSETS).await;
    }
    stage.close();
}

/// Plays every pair that starts with one of these offsets.
pub(crate) async fn cross(
    stage: &mut Stage,
    pages: &Site,
    (kind, extra): (&str, &str),
    delay: i64,
    offsets: &[i64],
    mixed: &[i64],
) {
    let command = format!("{kind} --delay {delay}");
    let (browser, crossing) = (stage.browser(), Crossing { command: &command, kind, extra });
    // The pairs do not know of one another: each has a server of its own.
    let ours = join_all(offsets.iter().map(|offset| crossing.two_of_ours(&browser, *offset)));
    stage.play(&format!("{command}, two of ours"), async { drop(ours.await) }).await;
    for offsets in mixed.chunks(3) {
        let browser = stage.browser();
        let mixed = offsets.iter().map(|offset| crossing.ours_and_theirs(&browser, pages, *offset));
        let scene = format!("{command}, ours and theirs {offsets:?} later");
        stage.play(&scene, async { drop(join_all(mixed).await) }).await;
    }
}

struct Crossing<'a> {
    command: &'a str,
    kind: &'a str,
    extra: &'a str,
}

impl Crossing<'_> {
    async fn two_of_ours(&self, browser: &Arc<Browser>, offset: i64) {
        let mut house = House::open(self.command, self.kind, "/").await;
        let ann = at_the_door(browser, &house, &format!("Ann {offset}")).await;
        let ben = at_the_door(browser, &house, &format!("Ben {offset}")).await;
        let begin = soon();
        ann.eval(CLICK, vec![json!(begin)]).await;
        ben.eval(CLICK, vec![json!(begin + offset)]).await;
        meets_some(&ann, 1).await;
        meets_some(&ben, 1).await;
        house.other.assert_alive();
        ann.close().await;
        ben.close().await;
    }

    async fn ours_and_theirs(&self, browser: &Arc<Browser>, pages: &Site, offset: i64) {
        let mut house = House::open(self.command, self.kind, "/").await;
        let ours = at_the_door(browser, &house, &format!("Ann {offset}")).await;
        let theirs = their_page(browser, pages, &house.other, self.kind, ROOM, self.extra).await;
        let begin = soon();
        ours.eval(CLICK, vec![json!(begin)]).await;
        theirs.eval("window.begin(arguments[0])", vec![json!(begin + offset)]).await;
        meet(&ours, &theirs).await;
        house.other.assert_alive();
        ours.close().await;
        theirs.close().await;
    }
}

/// Enters the room at this moment of the machine's clock.
const CLICK: &str =
    "setTimeout(() => document.querySelector('[data-control=join]').click(), arguments[0] - Date.now())";

/// A moment that is about to come, in milliseconds of the machine's clock.
fn soon() -> i64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock is right");
    i64::try_from(now.as_millis()).expect("for some time to come") + NOTICE
}

/// One of ours in the lobby, about to join.
async fn at_the_door(browser: &Arc<Browser>, house: &House, name: &str) -> Page {
    let page = browser.open(name, &house.app.url()).await;
    let ready = |look: &visavis_e2e::Look| {
        look.control("join").is_some_and(|join| !join.disabled)
            && look.control("camera").is_some_and(|camera| camera.state == "on")
    };
    page.until("a lobby that can be used", ready).await;
    page.fill("input[name=room]", ROOM).await;
    page.fill("input[name=name]", name).await;
    page
}
