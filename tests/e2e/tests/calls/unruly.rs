//! A network that delivers candidates early, late, twice and in any order.

use std::time::Duration;

use visavis_e2e::call::{all_meet, join};
use visavis_e2e::relay::{Deliveries, Frame, Way, honest};
use visavis_e2e::{Browser, Bundle, Page, Relay, Server};

/// Descriptions come late, so that candidates overtake them; each candidate comes three times, none when it should.
fn unruly() -> impl FnMut(&Frame) -> Deliveries + Send {
    const JITTER: [u64; 6] = [0, 240, 60, 900, 0, 120];
    let mut count = 0;
    move |frame| match (frame.way, frame.kind().as_str()) {
        (Way::Down, "description") => vec![Duration::from_millis(500)],
        (Way::Down, "candidate") => {
            count += 1;
            let first = JITTER[count % JITTER.len()];
            [first, first + 30, 1500].map(Duration::from_millis).to_vec()
        }
        _ => honest(frame),
    }
}

/// How many candidates reached a page before the first description of their sender.
fn early_candidates(frames: &[Frame]) -> usize {
    let same = |a: &Frame, b: &Frame| a.socket == b.socket && a.field(&["from"]) == b.field(&["from"]);
    let down: Vec<&Frame> = frames.iter().filter(|frame| frame.way == Way::Down).collect();
    let is_early = |(i, frame): &(usize, &&Frame)| {
        let told = down[..*i].iter().any(|before| before.kind() == "description" && same(before, frame));
        frame.kind() == "candidate" && !told
    };
    down.iter().enumerate().filter(is_early).count()
}

/// Everything that has come down from `name`'s side to the page on the first socket, as far as candidates go.
fn candidates_of(relay: &Relay, id: &str) -> Vec<Frame> {
    let of_them = |frame: &Frame| {
        frame.way == Way::Down
            && frame.kind() == "candidate"
            && frame.socket == 0
            && frame.field(&["from"]) == id
    };
    relay.delivered().into_iter().filter(of_them).collect()
}

/// The page has handled everything that was delivered to it so far: it has seen something that came after.
async fn has_caught_up(page: &Page, other: &Page) {
    let before = page.look().await.tile(other.name()).expect("their tile").microphone.clone();
    other.press("microphone").await;
    page.until("the other's microphone to change", |look| {
        look.tile(other.name()).is_some_and(|tile| tile.microphone != before)
    })
    .await;
}

#[tokio::test]
async fn early_repeated_reordered_and_late_candidates_change_nothing() {
    let server = Server::start().await;
    let relay = Relay::start(server.port(), unruly()).await;
    let bundle = Bundle::talking_to(&relay.url());
    let pages = Server::serving(&bundle).await;
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &pages.url()).await;
    join(&ann, "tea").await;
    let ben = browser.open("Ben", &pages.url()).await;
    join(&ben, "tea").await;
    let cem = browser.open("Cem", &pages.url()).await;
    join(&cem, "tea").await;
    all_meet(&[&ann, &ben, &cem]).await;
    assert!(early_candidates(&relay.delivered()) > 0, "no candidate came early: nothing was tried");

    let id = ann.look().await.tile("Ben").expect("Ben's tile").id.clone();
    let candidates = candidates_of(&relay, &id);
    assert!(!candidates.is_empty(), "Ben has sent Ann no candidate: nothing can be tried");
    ben.press("leave").await;
    ann.until("Ben's tile to go", |look| look.shows_exactly(&["Cem"])).await;
    for frame in candidates.iter().chain(candidates.iter().rev()) {
        relay.replay(frame);
    }
    has_caught_up(&ann, &cem).await;
    let look = ann.until("one connection", |look| look.held.connections == 1).await;
    assert!(look.shows_exactly(&["Cem"]), "{look}");
    assert!(look.state == "joined", "{look}");
    assert!(look.problem.is_empty(), "{look}");
    assert!(look.errors.is_empty(), "{look}");
    assert!(look.notices.iter().all(|notice| !notice.visible), "{look}");

    ben.press("rejoin").await;
    ann.until("Ben's tile", |look| look.tile("Ben").is_some()).await;
    candidates.iter().for_each(|frame| relay.replay(frame));
    has_caught_up(&ann, &cem).await;
    all_meet(&[&ann, &ben, &cem]).await;
    assert_eq!(ann.look().await.errors, Vec::<String>::new(), "nothing goes wrong in silence");
}
