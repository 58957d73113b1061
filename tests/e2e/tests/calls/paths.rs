//! The media path breaks between two networks, while the server stays in reach of both.

use std::time::Duration;

use tokio::time::sleep;
use visavis_e2e::call::{all_see_and_hear, join, media_recovers};
use visavis_e2e::{Browser, Network, Page, Server, Setup};

/// Ann in one network, Ben in the other, in a call.
pub(crate) struct Call {
    pub(crate) network: Network,
    _server: Server,
    pub(crate) ann: Page,
    pub(crate) ben: Page,
}

impl Call {
    pub(crate) async fn start(ben: Setup) -> Option<Self> {
        Self::between(Setup::small_chrome(), ben).await
    }

    pub(crate) async fn between(ann: Setup, ben: Setup) -> Option<Self> {
        let network = Network::new()?;
        let server = Server::on_router(&network, &[]).await;
        let [here, there] = &network.hosts;
        let ann = Browser::start(ann.on_host(here)).await.open("Ann", &server.url()).await;
        let ben = Browser::start(ben.on_host(there)).await.open("Ben", &server.url()).await;
        join(&ann, "tea").await;
        join(&ben, "tea").await;
        all_see_and_hear(&[&ann, &ben]).await;
        Some(Self { network, _server: server, ann, ben })
    }

    /// Cuts of so many seconds each.
    pub(crate) async fn survives_cuts(&self, lengths: &[u64]) {
        for &seconds in lengths {
            self.network.cut();
            // The length of the cut is what is tested.
            sleep(Duration::from_secs(seconds)).await;
            self.network.restore();
            media_recovers(&[&self.ann, &self.ben], &format!("a cut of {seconds} s")).await;
        }
    }

    pub(crate) async fn survives_an_address_change(&self) {
        self.network.hosts[0].change_address();
        media_recovers(&[&self.ann, &self.ben], "a move to another address").await;
    }
}

#[tokio::test]
async fn a_cut_path_to_a_firefox_is_mended_in_place() {
    if let Some(call) = Call::start(Setup::small_firefox()).await {
        call.survives_cuts(&[5]).await;
        call.survives_an_address_change().await;
    }
}
