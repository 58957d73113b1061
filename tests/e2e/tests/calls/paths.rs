//! The media path breaks between two networks, while the server stays in reach of both.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use visavis_e2e::call::{all_meet, go_on, join, sees};
use visavis_e2e::{Browser, Network, Page, Server, Setup};

/// Ann in one network, Ben in the other, in a call.
struct Call {
    network: Network,
    _server: Server,
    ann: Page,
    ben: Page,
}

impl Call {
    async fn start(ben: Setup) -> Option<Self> {
        Self::between(Setup::chrome(), ben).await
    }

    async fn between(ann: Setup, ben: Setup) -> Option<Self> {
        let network = Network::new()?;
        let server = Server::on_router(&network, &[]).await;
        let [here, there] = &network.places;
        let ann = Browser::start(ann.in_place(here)).await.open("Ann", &server.url()).await;
        let ben = Browser::start(ben.in_place(there)).await.open("Ben", &server.url()).await;
        join(&ann, "tea").await;
        join(&ben, "tea").await;
        all_meet(&[&ann, &ben]).await;
        Some(Self { network, _server: server, ann, ben })
    }

    async fn survives_cuts(&self) {
        for seconds in [1, 5, 20] {
            self.network.cut();
            // The length of the cut is what is tested.
            sleep(Duration::from_secs(seconds)).await;
            self.network.mend();
            go_on(&[&self.ann, &self.ben], &format!("a cut of {seconds} s")).await;
        }
    }

    async fn survives_a_move(&self) {
        self.network.places[0].move_away();
        go_on(&[&self.ann, &self.ben], "a move to another address").await;
    }
}

/// Waits until the browser slows the timers of the page down.
const SLOW: &str = "return new Promise(slow => {
    const tick = last => setTimeout(() => {
        const now = performance.now();
        now - last > 900 ? slow(now - last) : tick(now);
    }, 100);
    tick(performance.now());
});";

/// Ann reads something else for a minute, and her page may hardly do anything while the path breaks and comes back.
#[tokio::test]
async fn a_call_in_a_hidden_tab_survives_a_minute_and_a_cut_path() {
    let Some(call) = Call::between(Setup::throttled_chrome(), Setup::chrome()).await else { return };
    let (ann, ben) = (&call.ann, &call.ben);
    let tab = ann.cover().await;
    let hidden = Instant::now();
    ann.eval(SLOW, vec![]).await;
    call.network.cut();
    // The length of the cut is what is tested, and so is that of the minute.
    sleep(Duration::from_secs(20)).await;
    ben.until("to be told that the path is lost", |look| {
        look.tile("Ann").is_some_and(|tile| tile.connection == "reconnecting")
    })
    .await;
    call.network.mend();
    sees(ben, &["Ann"]).await;
    sleep(Duration::from_secs(60).saturating_sub(hidden.elapsed())).await;
    let look = sees(ben, &["Ann"]).await;
    assert_eq!(look.state, "joined");
    assert!(ann.look().await.hidden, "all the while");
    ann.uncover(tab).await;
    go_on(&[ann, ben], "a minute in a hidden tab").await;
}

#[tokio::test]
async fn a_cut_path_is_mended_in_place() {
    if let Some(call) = Call::start(Setup::chrome()).await {
        call.survives_cuts().await;
        call.survives_a_move().await;
    }
}

#[tokio::test]
async fn a_cut_path_to_a_firefox_is_mended_in_place() {
    if let Some(call) = Call::start(Setup::firefox()).await {
        call.survives_cuts().await;
        call.survives_a_move().await;
    }
}
