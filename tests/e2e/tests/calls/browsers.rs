//! Different browsers in one room.

use visavis_e2e::call::{all_see_and_hear, join, wait_until_rejoined};
use visavis_e2e::{Browser, Page, Server};

async fn everybody_joins(pages: &[&Page]) {
    for page in pages {
        join(page, "tea").await;
    }
}

#[tokio::test]
async fn two_chromes_and_a_firefox_see_and_hear_one_another() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    let ben = Browser::firefox().await.open("Ben", &server.url()).await;
    let cem = Browser::chrome().await.open("Cem", &server.url()).await;
    everybody_joins(&[&ann, &ben, &cem]).await;
    all_see_and_hear(&[&ann, &ben, &cem]).await;

    ben.reload().await;
    wait_until_rejoined(&ben).await;
    all_see_and_hear(&[&ann, &ben, &cem]).await;
}

#[tokio::test]
async fn two_firefoxes_see_and_hear_each_other() {
    let server = Server::start().await;
    let browser = Browser::firefox().await;
    let ann = browser.open("Ann", &server.url()).await;
    let ben = browser.open("Ben", &server.url()).await;
    everybody_joins(&[&ann, &ben]).await;
    all_see_and_hear(&[&ann, &ben]).await;
    for page in [&ann, &ben] {
        assert_eq!(page.snapshot().await.errors, Vec::<String>::new(), "nothing goes wrong in silence");
    }
}
