//! The media path breaks between two networks, while the server stays in reach of both.

use std::time::{Duration, Instant};

use tokio::time::sleep;
use visavis_e2e::call::{all_meet, join};
use visavis_e2e::page::PATIENCE;
use visavis_e2e::{Browser, Network, Page, Server, Setup};

/// More frames than were on their way when the path broke.
const FRESH: u64 = 10;

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

    /// The number of the other's `<video>`, and how many frames it has shown.
    async fn frames(page: &Page) -> (u32, u64) {
        let look = page.look().await;
        let video =
            look.others().find_map(|tile| tile.video.as_ref()).map(|video| (video.number, video.frames));
        video.unwrap_or_default()
    }

    /// Both see the other move again, in the element they had before. How long that takes is printed, not judged: on a
    /// machine with nothing else to do it is below 5 s.
    async fn goes_on(&self, what: &str) {
        let begin = Instant::now();
        for page in [&self.ann, &self.ben] {
            let before = Self::frames(page).await;
            page.within(PATIENCE * 2, &format!("the other to move again after {what}"), |look| {
                let mut videos = look.others().filter_map(|tile| tile.video.as_ref());
                videos.any(|video| video.number == before.0 && video.frames > before.1 + FRESH)
            })
            .await;
        }
        println!("{what}: pictures moved both ways after {:.1} s", begin.elapsed().as_secs_f64());
        all_meet(&[&self.ann, &self.ben]).await;
    }

    async fn survives_cuts(&self) {
        for seconds in [1, 5, 20] {
            self.network.cut();
            // The length of the cut is what is tested.
            sleep(Duration::from_secs(seconds)).await;
            self.network.mend();
            self.goes_on(&format!("a cut of {seconds} s")).await;
        }
    }

    async fn survives_a_move(&self) {
        self.network.places[0].move_away();
        self.goes_on("a move to another address").await;
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
