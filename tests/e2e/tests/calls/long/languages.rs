//! Every screen in every language.

use crate::languages::every_screen_in;

#[tokio::test]
async fn every_screen_from_left_to_right_and_from_right_to_left() {
    every_screen_in(&["en", "ar"]).await;
}

#[tokio::test]
async fn every_screen_in_the_other_languages() {
    every_screen_in(&["de", "es", "fr"]).await;
}
