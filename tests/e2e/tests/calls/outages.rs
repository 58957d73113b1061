//! The server is away for a while; the call is not.

use std::time::Duration;

use visavis_e2e::call::{all_meet, join, join_by_link, names_but, sees};
use visavis_e2e::page::PATIENCE;
use visavis_e2e::relay::honest;
use visavis_e2e::{Browser, Bundle, Look, Page, Relay, Server};

/// The longest that a picture may stand still, in milliseconds. On a machine without other work it is a tenth of that; on
/// a busy one even a picture that nothing has happened to stands still for a second.
const STILL: f64 = 3000.0;

/// Who is shown in which `<video>` element.
fn seats(look: &Look) -> Vec<(String, u32)> {
    let mut seats: Vec<_> =
        look.others().filter_map(|tile| Some((tile.id.clone(), tile.video.as_ref()?.number))).collect();
    seats.sort();
    seats
}

/// Starts to watch for pictures that stand still.
async fn watch(pages: &[&Page]) -> Vec<Vec<(String, u32)>> {
    let mut all = Vec::new();
    for page in pages {
        page.reset().await;
        all.push(seats(&page.look().await));
    }
    all
}

/// Every picture has gone on since, in the same element.
async fn nothing_stood_still(pages: &[&Page], before: &[Vec<(String, u32)>]) {
    for (page, before) in pages.iter().zip(before) {
        let look = sees(page, &names_but(pages, page)).await;
        assert_eq!(
            &seats(&look),
            before,
            "{} sees the same people in the same elements: {look}",
            page.name()
        );
        for tile in look.others() {
            let gap = tile.video.as_ref().map_or(f64::MAX, |video| video.gap);
            assert!(gap < STILL, "{}: {}'s picture stood still for {gap} ms", page.name(), tile.name);
        }
    }
}

#[tokio::test]
async fn a_call_goes_on_while_the_server_is_dead_and_is_whole_again_when_it_is_back() {
    let mut server = Server::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    let cem = Browser::firefox().await.open("Cem", &server.url()).await;
    let pages = [&ann, &ben, &cem];
    for page in pages {
        join(page, "tea").await;
    }
    all_meet(&pages).await;

    let before = watch(&pages).await;
    server.kill().await;
    for page in pages {
        page.until("to notice that the server is away", |look| look.state == "reconnecting").await;
    }
    nothing_stood_still(&pages, &before).await;

    for state in ["off", "on"] {
        ann.press("microphone").await;
        for page in pages {
            page.until("Ann's microphone, switched without a server", |look| {
                look.tile("Ann").is_some_and(|tile| tile.microphone == state)
            })
            .await;
        }
    }

    server.restart().await;
    for page in pages {
        page.within(PATIENCE * 2, "to be in the room again", |look| look.state == "joined").await;
    }
    nothing_stood_still(&pages, &before).await;

    let link = format!("{}?room=tea&name=Dot&join", server.url());
    let dot = browser.open("Dot", &link).await;
    join_by_link(&dot).await;
    all_meet(&[&ann, &ben, &cem, &dot]).await;
    nothing_stood_still_of_old(&pages, &before).await;

    server.kill().await;
    for (leaver, stay) in [(&cem, vec![&ann, &ben, &dot]), (&ben, vec![&ann, &dot])] {
        leaver.press("leave").await;
        for page in stay {
            // Whoever does not say so stays while their path may only be broken: 12 s after it is silent, which takes five.
            page.within(Duration::from_secs(12), "to see nobody who has left", |look| {
                look.tile(leaver.name()).is_none()
            })
            .await;
        }
    }
}

/// As [`nothing_stood_still`] for the people of before, whoever else has come; more work for the machine may cost frames.
async fn nothing_stood_still_of_old(pages: &[&Page], before: &[Vec<(String, u32)>]) {
    for (page, before) in pages.iter().zip(before) {
        let now = seats(&page.look().await);
        assert!(before.iter().all(|seat| now.contains(seat)), "{}: {before:?} became {now:?}", page.name());
    }
}

#[tokio::test]
async fn a_call_goes_on_while_a_socket_is_cut_and_comes_back() {
    let server = Server::start().await;
    let relay = Relay::start(server.port(), honest).await;
    let bundle = Bundle::talking_to(&relay.url());
    let site = Server::serving(&bundle).await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    let cem = Browser::firefox().await.open("Cem", &site.url()).await;
    let pages = [&ann, &ben, &cem];
    for page in pages {
        join(page, "tea").await;
    }
    all_meet(&pages).await;

    let before = watch(&pages).await;
    let (joins, descriptions) = (relay.count("join"), relay.count("description"));
    relay.cut();
    while relay.count("joined") < joins + pages.len() {
        // Whoever never comes back is told by the test's own look.
        let look = ann.look().await;
        assert!(["joined", "reconnecting"].contains(&look.state.as_str()), "{look}");
        assert!(look.shows_exactly(&["Ben", "Cem"]), "nobody vanishes meanwhile: {look}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for page in pages {
        page.until("to be in the room again", |look| look.state == "joined" && look.problem.is_empty()).await;
    }
    nothing_stood_still(&pages, &before).await;
    assert_eq!(relay.count("description"), descriptions, "a connection that works is not negotiated again");
}
