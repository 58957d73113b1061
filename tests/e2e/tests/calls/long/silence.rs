//! Who sends nothing for a while is not broken.

use std::time::Duration;

use visavis_e2e::call::{all_see_and_hear, join};
use visavis_e2e::{Browser, Server};

/// Counts what only a repair does.
const COUNT_REPAIRS: &str = "window.repairs = 0;
    for (const name of ['restartIce', 'close']) {
        const original = RTCPeerConnection.prototype[name];
        RTCPeerConnection.prototype[name] = function () {
            // What is prepared connects to nobody.
            const described = this.remoteDescription && !this.remoteDescription.sdp.includes('a=ice-ufrag:none');
            if (described) window.repairs += 1;
            return original.apply(this, arguments);
        };
    }";

/// Long enough for every kind of silence to be believed.
const LONG: Duration = Duration::from_secs(20);

#[tokio::test]
async fn a_call_in_which_people_fall_silent_is_not_repaired() {
    let server = Server::start().await;
    let (chrome, firefox) = (Browser::chrome().await, Browser::firefox().await);
    let mut pages = Vec::new();
    for (browser, name) in [(&chrome, "Ann"), (&chrome, "Ben"), (&firefox, "Fay")] {
        let page = browser.open(name, &server.url()).await;
        page.eval(COUNT_REPAIRS, Vec::new()).await;
        join(&page, "tea").await;
        pages.push(page);
    }
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;
    let [ann, _, fay] = [0, 1, 2];
    pages[ann].press("microphone").await;
    pages[fay].press("microphone").await;
    tokio::time::sleep(LONG).await;
    pages[ann].press("camera").await;
    pages[fay].press("camera").await;
    tokio::time::sleep(LONG).await;
    for page in &pages {
        let repairs = page.eval("return window.repairs", Vec::new()).await;
        assert_eq!(repairs, 0, "{}: {}", page.name(), page.snapshot().await);
        let snapshot = page.snapshot().await;
        assert!(snapshot.others().all(|tile| tile.connection == "connected"), "{snapshot}");
    }
}
