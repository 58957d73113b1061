//! More people than a mesh carries, on servers that forward.

use std::sync::Arc;

use visavis_e2e::call::{all_see_and_hear, join, muting_is_seen};
use visavis_e2e::{Browser, JanusRooms, LiveKitOptions, Page, Setup};

use crate::janus::JanusFixture;
use crate::livekit::LiveKitFixture;

const SIX: [&str; 6] = ["Ann", "Ben", "Cem", "Dot", "Eli", "Fay"];

/// A server that forwards, and pages that reach it.
enum Forwarding {
    Janus(JanusFixture),
    LiveKit(LiveKitFixture),
}

impl Forwarding {
    async fn janus() -> Option<Self> {
        JanusFixture::start(&JanusRooms::default()).await.map(Self::Janus)
    }

    async fn livekit() -> Option<Self> {
        LiveKitFixture::start(&LiveKitOptions::default()).await.map(Self::LiveKit)
    }

    async fn browser(&self, setup: Setup) -> Arc<Browser> {
        match self {
            Self::Janus(fixture) => fixture.browser(setup).await,
            Self::LiveKit(fixture) => fixture.browser(setup).await,
        }
    }

    async fn join(&self, browser: &Arc<Browser>, name: &str) -> Page {
        match self {
            Self::Janus(fixture) => {
                let page = fixture.open(browser, name, "").await;
                join(&page, "tea").await;
                page
            }
            Self::LiveKit(fixture) => fixture.join(browser, "tea", name).await,
        }
    }
}

/// Four in a Chrome and two in a Firefox.
async fn six_people(server: Option<Forwarding>) {
    let Some(server) = server else { return };
    let chrome = server.browser(Setup::small_chrome()).await;
    let firefox = server.browser(Setup::small_firefox()).await;
    let mut pages = Vec::new();
    for (number, name) in SIX.into_iter().enumerate() {
        pages.push(server.join(if number % 3 == 2 { &firefox } else { &chrome }, name).await);
    }
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;
    let fay = pages.pop().expect("six pages");
    fay.press("leave").await;
    for page in &pages {
        page.wait_until("Fay's tile to go", |snapshot| snapshot.tile("Fay").is_none()).await;
    }
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;
    fay.close().await;
    let [ann, ben] = [&pages[0], &pages[1]];
    for page in &pages[2..] {
        page.press("leave").await;
    }
    muting_is_seen(ann, ben).await;
}

#[tokio::test]
async fn six_people_meet_through_janus() {
    six_people(Forwarding::janus().await).await;
}

#[tokio::test]
async fn six_people_meet_through_livekit() {
    six_people(Forwarding::livekit().await).await;
}
