//! Sharing a screen: beside the camera, several at once, and for whoever comes later.

use visavis_e2e::call::{all_meet, comes_back, join, meets, sees};
use visavis_e2e::relay::honest;
use visavis_e2e::screen::{share, stop_sharing};
use visavis_e2e::{Browser, Bundle, Relay, Server};

#[tokio::test]
async fn screens_are_seen_beside_cameras_and_need_no_negotiation_the_second_time() {
    let server = Server::start().await;
    let relay = Relay::start(server.port(), honest).await;
    let bundle = Bundle::talking_to(&relay.url());
    let site = Server::serving(&bundle).await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_meet(&[&ann, &ben]).await;

    share(&ann).await;
    meets(&ben, &["Ann", "Ann: screen"]).await;
    let negotiated = relay.count("description");
    stop_sharing(&ann).await;
    meets(&ben, &["Ann"]).await;
    share(&ann).await;
    sees(&ben, &["Ann", "Ann: screen"]).await;
    assert_eq!(relay.count("description"), negotiated, "the section of before was used again");

    share(&ben).await;
    sees(&ann, &["Ben", "Ben: screen"]).await;
    sees(&ben, &["Ann", "Ann: screen"]).await;

    let cem = browser.open("Cem", &site.url()).await;
    join(&cem, "tea").await;
    sees(&cem, &["Ann", "Ann: screen", "Ben", "Ben: screen"]).await;
    sees(&ann, &["Ben", "Ben: screen", "Cem"]).await;

    // Nothing shares a screen that the person has not chosen since.
    ben.reload().await;
    comes_back(&ben).await;
    sees(&ben, &["Ann", "Ann: screen", "Cem"]).await;
    sees(&ann, &["Ben", "Cem"]).await;
    ann.close().await;
    sees(&cem, &["Ben"]).await;
}
