//! What a page tells a person of their own microphone.

use serde_json::json;
use visavis_e2e::call::{all_see_and_hear, join, sees};
use visavis_e2e::{Browser, Page, Server, Setup};

/// Waits for somebody to be told this in passing.
const IS_TOLD: &str = r"
const [words] = arguments;
const begin = performance.now();
while (![...document.querySelectorAll('.toast')].some(toast => toast.textContent.includes(words))) {
  if (performance.now() - begin > 20000) return false;
  await new Promise(done => setTimeout(done, 50));
}
return true;";

async fn call(setup: Setup) -> (Server, Page, Page) {
    let (server, browser) = (Server::start().await, Browser::start(setup).await);
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    (server, ann, ben)
}

#[tokio::test]
async fn whoever_speaks_while_muted_is_told() {
    let (_server, ann, ben) = call(Setup::speaking_chrome()).await;
    all_see_and_hear(&[&ann, &ben]).await;
    ann.press("microphone").await;
    assert_eq!(ann.eval(IS_TOLD, vec![json!("You are muted")]).await, true, "a hint");
    let quiet = "return document.querySelectorAll('.toast').length === 0";
    assert_eq!(ben.eval(quiet, vec![]).await, true, "nobody else is told anything");
}

#[tokio::test]
async fn a_microphone_that_gives_nothing_is_told() {
    let (_server, ann, ben) = call(Setup::silent_chrome()).await;
    sees(&ann, &["Ben"]).await;
    sees(&ben, &["Ann"]).await;
    let notice = ann
        .wait_until("a notice", |snapshot| {
            snapshot.control("microphone").is_some_and(|control| control.state == "stalled")
        })
        .await;
    assert_eq!(notice.state, "joined");
    let words = "
        const notice = () => document.querySelector('.stage [data-notice=stalled]');
        while (!notice()) await new Promise(done => setTimeout(done, 50));
        return notice().textContent.includes('Your microphone is on') && Boolean(notice().querySelector('[data-control=settings]'));";
    assert_eq!(ann.eval(words, vec![]).await, true, "it says so, and what to do");
    // Muted, nobody expects to be heard.
    ann.press("microphone").await;
    let gone = "while (document.querySelector('[data-notice=stalled]')) await new Promise(done => setTimeout(done, 50));";
    ann.eval(gone, vec![]).await;
}
