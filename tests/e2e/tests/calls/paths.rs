//! The media path breaks between two networks, while the server stays in reach of both.

use std::time::Duration;

use tokio::time::sleep;
use visavis_e2e::call::{all_meet, go_on, join};
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
        let network = Network::new()?;
        let server = Server::on_router(&network, &[]).await;
        let [here, there] = &network.places;
        let ann = Browser::start(Setup::chrome().in_place(here)).await.open("Ann", &server.url()).await;
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
