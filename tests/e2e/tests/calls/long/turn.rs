//! Relays that die under a call with a Firefox.

use visavis_e2e::Browser;

use crate::turn::outlives_its_relay;

#[tokio::test]
async fn a_call_with_a_firefox_outlives_its_relay_where_there_is_another() {
    outlives_its_relay(Browser::firefox().await).await;
}
