//! A network that delivers candidates early, late, twice and in any order.

use std::time::Duration;

use visavis_e2e::call::{all_see_and_hear, join};
use visavis_e2e::relay::{Deliveries, Direction, Frame, pass_through};
use visavis_e2e::{Browser, Page, Relay, RelayedServer, Server};

/// Descriptions come late, so that candidates overtake them; each candidate comes three times, none when it should.
fn reorder_candidates() -> impl FnMut(&Frame) -> Deliveries + Send {
    const JITTER: [u64; 6] = [0, 240, 60, 900, 0, 120];
    let mut count = 0;
    move |frame| match (frame.direction, frame.kind().as_str()) {
        (Direction::ToPage, "description") => vec![Duration::from_millis(500)],
        (Direction::ToPage, "candidate") => {
            count += 1;
            let first = JITTER[count % JITTER.len()];
            [first, first + 30, 1500].map(Duration::from_millis).to_vec()
        }
        _ => pass_through(frame),
    }
}

/// How many candidates reached a page before the first description of their sender.
fn early_candidates(frames: &[Frame]) -> usize {
    let same = |a: &Frame, b: &Frame| a.socket == b.socket && a.field(&["from"]) == b.field(&["from"]);
    let down: Vec<&Frame> = frames.iter().filter(|frame| frame.direction == Direction::ToPage).collect();
    let is_early = |(i, frame): &(usize, &&Frame)| {
        let described = down[..*i].iter().any(|before| before.kind() == "description" && same(before, frame));
        frame.kind() == "candidate" && !described
    };
    down.iter().enumerate().filter(is_early).count()
}

/// Everything that has come down from `name`'s side to the page on the first socket, as far as candidates go.
fn candidates_of(relay: &Relay, id: &str) -> Vec<Frame> {
    let of_them = |frame: &Frame| {
        frame.direction == Direction::ToPage
            && frame.kind() == "candidate"
            && frame.socket == 0
            && frame.field(&["from"]) == id
    };
    relay.delivered().into_iter().filter(of_them).collect()
}

/// The page has handled everything that was delivered to it so far: it has seen something that came after.
async fn wait_until_processed(page: &Page, other: &Page) {
    let before = page.snapshot().await.tile(other.name()).expect("their tile").microphone.clone();
    other.press("microphone").await;
    page.wait_until("the other's microphone to change", |snapshot| {
        snapshot.tile(other.name()).is_some_and(|tile| tile.microphone != before)
    })
    .await;
}

#[tokio::test]
async fn early_repeated_reordered_and_late_candidates_change_nothing() {
    let site = RelayedServer::start(Server::start().await, reorder_candidates()).await;
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &site.url()).await;
    join(&ann, "tea").await;
    let ben = browser.open("Ben", &site.url()).await;
    join(&ben, "tea").await;
    let cem = browser.open("Cem", &site.url()).await;
    join(&cem, "tea").await;
    all_see_and_hear(&[&ann, &ben, &cem]).await;
    assert!(early_candidates(&site.relay.delivered()) > 0, "no candidate came early: nothing was tried");

    let id = ann.snapshot().await.tile("Ben").expect("Ben's tile").id.clone();
    let candidates = candidates_of(&site.relay, &id);
    assert!(!candidates.is_empty(), "Ben has sent Ann no candidate: nothing can be tried");
    ben.press("leave").await;
    ann.wait_until("Ben's tile to go", |snapshot| snapshot.shows_exactly(&["Cem"])).await;
    for frame in candidates.iter().chain(candidates.iter().rev()) {
        site.relay.replay(frame);
    }
    wait_until_processed(&ann, &cem).await;
    let snapshot = ann.wait_until("one connection", |snapshot| snapshot.resources.connections == 1).await;
    assert!(snapshot.shows_exactly(&["Cem"]), "{snapshot}");
    assert!(snapshot.state == "joined", "{snapshot}");
    assert!(snapshot.problem.is_empty(), "{snapshot}");
    assert!(snapshot.errors.is_empty(), "{snapshot}");
    assert!(snapshot.notices.iter().all(|notice| !notice.visible), "{snapshot}");

    ben.press("rejoin").await;
    ann.wait_until("Ben's tile", |snapshot| snapshot.tile("Ben").is_some()).await;
    candidates.iter().for_each(|frame| site.relay.replay(frame));
    wait_until_processed(&ann, &cem).await;
    all_see_and_hear(&[&ann, &ben, &cem]).await;
    assert_eq!(ann.snapshot().await.errors, Vec::<String>::new(), "nothing goes wrong in silence");
}
