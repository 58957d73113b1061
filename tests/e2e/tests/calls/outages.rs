//! The server is away for a while; the call is not.

use std::time::Duration;

use visavis_e2e::call::{all_see_and_hear, join, join_by_link, names_except, sees};
use visavis_e2e::page::WAIT_TIMEOUT;
use visavis_e2e::relay::pass_through;
use visavis_e2e::{Browser, Page, RelayedServer, Server, Snapshot};

/// The longest that a picture may stand still, in milliseconds. On a machine without other work it is a tenth of that; on
/// a busy one even a picture that nothing has happened to stands still for a second.
const MAX_FREEZE: f64 = 3000.0;

/// Who is shown in which `<video>` element.
fn video_elements(snapshot: &Snapshot) -> Vec<(String, u32)> {
    let mut video_elements: Vec<_> =
        snapshot.others().filter_map(|tile| Some((tile.id.clone(), tile.video.as_ref()?.number))).collect();
    video_elements.sort();
    video_elements
}

/// Starts to watch for pictures that stand still.
async fn start_measuring(pages: &[&Page]) -> Vec<Vec<(String, u32)>> {
    let mut all = Vec::new();
    for page in pages {
        page.reset_measurements().await;
        all.push(video_elements(&page.snapshot().await));
    }
    all
}

/// Every picture has gone on since, in the same element.
async fn assert_no_freeze(pages: &[&Page], before: &[Vec<(String, u32)>]) {
    for (page, before) in pages.iter().zip(before) {
        let snapshot = sees(page, &names_except(pages, page)).await;
        assert_eq!(
            &video_elements(&snapshot),
            before,
            "{} sees the same people in the same elements: {snapshot}",
            page.name()
        );
        for tile in snapshot.others() {
            let gap = tile.video.as_ref().map_or(f64::MAX, |video| video.gap);
            assert!(gap < MAX_FREEZE, "{}: {}'s picture stood still for {gap} ms", page.name(), tile.name);
        }
    }
}

#[tokio::test]
async fn a_call_goes_on_while_the_server_is_dead_and_is_whole_again_when_it_is_back() {
    let mut server = Server::start().await;
    let browser = Browser::chrome().await;
    let ann = browser.open("Ann", &server.url()).await;
    let ben = Browser::firefox().await.open("Ben", &server.url()).await;
    let pages = [&ann, &ben];
    for page in pages {
        join(page, "tea").await;
    }
    all_see_and_hear(&pages).await;

    let before = start_measuring(&pages).await;
    server.kill().await;
    for page in pages {
        page.wait_until("to notice that the server is away", |snapshot| snapshot.state == "reconnecting")
            .await;
    }
    assert_no_freeze(&pages, &before).await;

    for state in ["off", "on"] {
        ann.press("microphone").await;
        for page in pages {
            page.wait_until("Ann's microphone, switched without a server", |snapshot| {
                snapshot.tile("Ann").is_some_and(|tile| tile.microphone == state)
            })
            .await;
        }
    }

    server.restart().await;
    for page in pages {
        page.within(WAIT_TIMEOUT * 2, "to be in the room again", |snapshot| snapshot.state == "joined").await;
    }
    assert_no_freeze(&pages, &before).await;

    let link = format!("{}?room=tea&name=Dot&join", server.url());
    let dot = browser.open("Dot", &link).await;
    join_by_link(&dot).await;
    all_see_and_hear(&[&ann, &ben, &dot]).await;
    assert_same_elements(&pages, &before).await;

    server.kill().await;
    for (leaver, stay) in [(&ben, vec![&ann, &dot]), (&dot, vec![&ann])] {
        leaver.press("leave").await;
        for page in stay {
            // Whoever does not say so stays while their path may only be broken: 12 s after it is silent, which takes five.
            page.within(Duration::from_secs(12), "to see nobody who has left", |snapshot| {
                snapshot.tile(leaver.name()).is_none()
            })
            .await;
        }
    }
}

/// As [`assert_no_freeze`] for the people of before, whoever else has come; more work for the machine may cost frames.
async fn assert_same_elements(pages: &[&Page], before: &[Vec<(String, u32)>]) {
    for (page, before) in pages.iter().zip(before) {
        let now = video_elements(&page.snapshot().await);
        assert!(
            before.iter().all(|element| now.contains(element)),
            "{}: {before:?} became {now:?}",
            page.name()
        );
    }
}

#[tokio::test]
async fn a_call_goes_on_while_a_socket_is_cut_and_comes_back() {
    let site = RelayedServer::start(Server::start().await, pass_through).await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    let cem = Browser::firefox().await.open("Cem", &site.url()).await;
    let pages = [&ann, &ben, &cem];
    for page in pages {
        join(page, "tea").await;
    }
    all_see_and_hear(&pages).await;

    let before = start_measuring(&pages).await;
    let (joins, descriptions) = (site.relay.count("join"), site.relay.count("description"));
    site.relay.cut();
    while site.relay.count("joined") < joins + pages.len() {
        // Whoever never comes back is found by the timeout of the snapshot.
        let snapshot = ann.snapshot().await;
        assert!(["joined", "reconnecting"].contains(&snapshot.state.as_str()), "{snapshot}");
        assert!(snapshot.shows_exactly(&["Ben", "Cem"]), "nobody vanishes meanwhile: {snapshot}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for page in pages {
        page.wait_until("to be in the room again", |snapshot| {
            snapshot.state == "joined" && snapshot.problem.is_empty()
        })
        .await;
    }
    assert_no_freeze(&pages, &before).await;
    assert_eq!(
        site.relay.count("description"),
        descriptions,
        "a connection that works is not negotiated again"
    );
}
