//! The languages that an ordinary run leaves out.

use crate::languages::every_screen_in;

#[tokio::test]
async fn every_screen_in_the_other_languages() {
    every_screen_in(&["de", "es", "fr"]).await;
}
