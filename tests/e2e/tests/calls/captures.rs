//! Screens as browsers really capture them: a display of Firefox, a tab of Chromium.

use visavis_e2e::call::{all_see_and_hear, join, sees, sees_and_hears};
use visavis_e2e::screen::{shares_no_more, start_sharing, stop_sharing};
use visavis_e2e::{Browser, Server, Setup};

/// A page with this title, on which something moves.
pub(crate) const TITLE: &str = "Slides";
const SLIDES: &str = "data:text/html,<title>Slides</title><body><script>\
    setInterval(() => document.body.style.background = `hsl(${performance.now() / 5} 80% 60%)`, 100)</script>";

#[tokio::test]
async fn a_display_that_firefox_shares_is_seen_in_chrome_and_in_firefox() {
    let Some(firefox) = Setup::small_firefox().on_display() else { return };
    let server = Server::start().await;
    let firefox = Browser::start(firefox).await;
    let ann = firefox.open("Ann", &server.url()).await;
    let fay = firefox.open("Fay", &server.url()).await;
    let ben = Browser::start(Setup::small_chrome()).await.open("Ben", &server.url()).await;
    for page in [&ann, &fay, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &fay, &ben]).await;

    start_sharing(&ann).await;
    sees_and_hears(&ben, &["Ann", "Ann: screen", "Fay"]).await;
    sees_and_hears(&fay, &["Ann", "Ann: screen", "Ben"]).await;
    stop_sharing(&ann).await;
    start_sharing(&ben).await;
    sees(&ann, &["Ben", "Ben: screen", "Fay"]).await;
    sees(&fay, &["Ann", "Ben", "Ben: screen"]).await;
}

#[tokio::test]
async fn a_share_ends_with_the_tab_that_is_shared() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::chrome_sharing_tab(TITLE)).await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;

    for _ in 0..2 {
        let slides = browser.open(TITLE, SLIDES).await;
        start_sharing(&ann).await;
        sees(&ben, &["Ann", "Ann: screen"]).await;
        slides.close().await;
        shares_no_more(&ann).await;
        sees_and_hears(&ben, &["Ann"]).await;
    }
}
