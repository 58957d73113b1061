//! The safety words of a call, which people compare aloud.

use serde_json::Value;
use visavis_e2e::call::{join, sees_and_hears, wait_until_rejoined};
use visavis_e2e::{Browser, Page, Server};

const READ: &str = r"
const words = document.querySelector('[data-connection] .words');
for (let i = 0; i < 200 && words.textContent.split(' ').length < 8; i++) await new Promise(done => setTimeout(done, 100));
return words.textContent;
";

/// Asks a tile for its words, as a person does.
pub(crate) async fn words(page: &Page) -> String {
    page.click("[data-connection] [data-control=safety]").await;
    let words = page.eval(READ, vec![]).await;
    words.as_str().map(str::to_owned).expect("a text")
}

#[tokio::test]
async fn both_ends_read_the_same_words_and_another_call_has_others() {
    let server = Server::start().await;
    let (chrome, firefox) = (Browser::chrome().await, Browser::firefox().await);
    let (ann, ben) = (chrome.open("Ann", &server.url()).await, firefox.open("Ben", &server.url()).await);
    join(&ann, "tea").await;
    join(&ben, "tea").await;
    sees_and_hears(&ann, &["Ben"]).await;
    sees_and_hears(&ben, &["Ann"]).await;
    let first = words(&ann).await;
    assert_eq!(first.split(' ').count(), 8, "{first}");
    assert_eq!(first, words(&ben).await);

    ben.reload().await;
    wait_until_rejoined(&ben).await;
    sees_and_hears(&ben, &["Ann"]).await;
    sees_and_hears(&ann, &["Ben"]).await;
    let closed = ann.eval("return document.querySelector('.safety[open]') === null", vec![]).await;
    assert_eq!(closed, Value::Bool(true), "old words are not left to be read");
    let second = words(&ann).await;
    assert_eq!(second, words(&ben).await);
    assert_ne!(first, second);
}
