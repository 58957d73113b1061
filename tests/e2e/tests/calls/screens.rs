//! Sharing a screen: beside the camera, several at once, and for whoever comes later.

use visavis_e2e::call::{all_see_and_hear, join, sees, sees_and_hears, wait_until_rejoined};
use visavis_e2e::relay::pass_through;
use visavis_e2e::screen::{start_sharing, stop_sharing};
use visavis_e2e::{Browser, RelayedServer, Server};

#[tokio::test]
async fn screens_are_seen_beside_cameras_and_need_no_negotiation_the_second_time() {
    let site = RelayedServer::start(Server::start().await, pass_through).await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;

    start_sharing(&ann).await;
    sees_and_hears(&ben, &["Ann", "Ann: screen"]).await;
    let negotiated = site.relay.count("description");
    stop_sharing(&ann).await;
    sees_and_hears(&ben, &["Ann"]).await;
    start_sharing(&ann).await;
    sees(&ben, &["Ann", "Ann: screen"]).await;
    assert_eq!(site.relay.count("description"), negotiated, "the section of before was used again");

    start_sharing(&ben).await;
    sees(&ann, &["Ben", "Ben: screen"]).await;
    sees(&ben, &["Ann", "Ann: screen"]).await;

    let cem = browser.open("Cem", &site.url()).await;
    join(&cem, "tea").await;
    sees(&cem, &["Ann", "Ann: screen", "Ben", "Ben: screen"]).await;
    sees(&ann, &["Ben", "Ben: screen", "Cem"]).await;

    // Nothing shares a screen that the person has not chosen since.
    ben.reload().await;
    wait_until_rejoined(&ben).await;
    sees(&ben, &["Ann", "Ann: screen", "Cem"]).await;
    sees(&ann, &["Ben", "Cem"]).await;
    ann.close().await;
    sees(&cem, &["Ben"]).await;
}
