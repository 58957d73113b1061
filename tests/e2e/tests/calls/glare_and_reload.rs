//! What a call goes through: offers that cross, a reload.

use std::time::Instant;

use serde_json::{Value, json};
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::call::{all_see_and_hear, join, sees, sees_and_hears, wait_until_rejoined};
use visavis_e2e::page::WAIT_TIMEOUT;
use visavis_e2e::{Browser, Page, Server, Setup};

/// Offers again and again at the same instants as the other page does, `count` times, each time from `stable`.
const RENEGOTIATE: &str = r"
const [count, patience] = arguments;
const until = async test => {
  const begin = performance.now();
  while (!test()) {
    if (performance.now() - begin > patience) throw new Error(`not stable again: ${window.__e2e.states()}`);
    await new Promise(done => setTimeout(done, 5));
  }
};
for (let i = 0; i < count; i++) {
  await until(window.__e2e.allStable);
  // The clock is the same for all pages of a machine: all wait for the same quarter of a second.
  await new Promise(done => setTimeout(done, 250 - (Date.now() % 250)));
  window.__e2e.renegotiate();
}
await until(window.__e2e.allStable);
return true;
";

/// Ann in Chromium, and Ben.
pub(crate) async fn two_in_call(server: &Server, ben: Setup) -> [Page; 2] {
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    let ben = Browser::start(ben).await.open("Ben", &server.url()).await;
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;
    [ann, ben]
}

/// Both offer `count` times at the same instants.
pub(crate) async fn renegotiate(ben: Setup, count: u32) {
    let server = Server::start().await;
    let [ann, ben] = two_in_call(&server, ben).await;
    for page in [&ann, &ben] {
        // Where the probe comes late, it must be there before the offers.
        page.reset_measurements().await;
    }
    // A restart of ICE that comes to nothing, as one in a thousand of Firefox, is mended like a path that was cut: that took
    // up to 24 s in `paths`, and is no matter of who offers.
    let arguments = vec![json!(count), json!(u64::try_from(WAIT_TIMEOUT.as_millis()).expect("a number"))];
    let (a, b) = tokio::join!(ann.eval(RENEGOTIATE, arguments.clone()), ben.eval(RENEGOTIATE, arguments));
    assert_eq!([a, b], [Value::Bool(true), Value::Bool(true)]);
    all_see_and_hear(&[&ann, &ben]).await;
}

#[tokio::test]
async fn offers_that_cross_those_of_a_firefox_end_in_a_call() {
    renegotiate(Setup::small_firefox(), 10).await;
}

/// Nobody ever sees two of them, and the picture is back soon: how soon is printed.
async fn reloads(ben: Setup) {
    let server = Server::start().await;
    let [ann, ben] = two_in_call(&server, ben).await;
    let begin = Instant::now();
    ben.reload().await;
    ann.within(WAIT_TIMEOUT, "Ben's picture after his reload", |snapshot| {
        let tiles: Vec<_> = snapshot.others().collect();
        assert!(tiles.len() <= 1, "nobody is there twice: {snapshot}");
        tiles
            .iter()
            .any(|tile| tile.connection == "connected" && tile.video.as_ref().is_some_and(|v| v.frames > 0))
    })
    .await;
    println!("a reloaded page was seen again after {:.1} s", begin.elapsed().as_secs_f64());
    wait_until_rejoined(&ben).await;
    sees_and_hears(&ann, &["Ben"]).await;
    match ben.browser().kind() {
        BrowserKind::Chrome => sees_and_hears(&ben, &["Ann"]).await,
        // The probe comes too late to the reloaded page to listen to what it plays.
        BrowserKind::Firefox | BrowserKind::WebKit => drop(sees(&ben, &["Ann"]).await),
    }
}

#[tokio::test]
async fn a_reloaded_page_is_back_in_one_tile() {
    reloads(Setup::small_chrome()).await;
}

#[tokio::test]
async fn a_reloaded_firefox_is_back_in_one_tile() {
    reloads(Setup::small_firefox()).await;
}
