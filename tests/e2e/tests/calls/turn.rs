//! Calls that have no path but a relay.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::json;
use tokio::time::sleep;
use visavis_e2e::call::{all_see_and_hear, join, media_recovers};
use visavis_e2e::turn::SECRET;
use visavis_e2e::{Browser, Bundle, Page, Server, Turn};

/// A server that mints credentials for these relays, and pages that use nothing else.
async fn relaying(turns: &[&Turn], lifetime: &str) -> (Bundle, Server) {
    let bundle = Bundle::with_config(&json!({ "relayOnly": true }));
    let urls: Vec<String> = turns.iter().map(|turn| turn.url()).collect();
    let mut flags = vec!["--turn-secret", SECRET, "--turn-ttl", lifetime];
    flags.extend(urls.iter().flat_map(|url| ["--turn-url", url]));
    let server = Server::with(bundle.path().to_owned(), &flags).await;
    (bundle, server)
}

async fn meet_through_a_relay(pages: &[&Page; 2]) {
    for page in pages {
        join(page, "tea").await;
    }
    all_see_and_hear(pages).await;
    for page in pages {
        assert_eq!(page.paths().await, ["relay"], "{}", page.name());
    }
}

#[tokio::test]
async fn a_call_outlives_its_relay_where_there_is_another() {
    outlives_its_relay(Browser::chrome().await).await;
}

pub(crate) async fn outlives_its_relay(other: Arc<Browser>) {
    let (mut first, second) = (Turn::start().await, Turn::start().await);
    let (_bundle, server) = relaying(&[&first, &second], "3600").await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    let ben = other.open("Ben", &server.url()).await;
    meet_through_a_relay(&[&ann, &ben]).await;
    first.kill().await;
    media_recovers(&[&ann, &ben], "the death of a relay").await;
    // It may have been the one that was not in use.
    first.restart().await;
    drop(second);
    media_recovers(&[&ann, &ben], "the death of the other relay").await;
}

#[tokio::test]
async fn a_call_with_a_firefox_outlives_its_relay_and_its_credentials() {
    let mut turn = Turn::start().await;
    let lifetime = Duration::from_secs(10);
    let (_bundle, server) = relaying(&[&turn], &lifetime.as_secs().to_string()).await;
    let begin = Instant::now();
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    let ben = Browser::firefox().await.open("Ben", &server.url()).await;
    meet_through_a_relay(&[&ann, &ben]).await;
    // The credentials that the call began with have expired: only newer ones let it back in.
    sleep((lifetime * 2).saturating_sub(begin.elapsed())).await;
    turn.restart().await;
    media_recovers(&[&ann, &ben], "a new relay that knows no old credentials").await;
}
