//! The same attacks in the other browser.

use visavis_e2e::browser::BrowserKind;

use crate::man_in_the_middle::{Attack, assert_attacks_detected};

#[tokio::test]
async fn nobody_in_the_middle_of_others_gets_them_to_read_the_same_words() {
    assert_attacks_detected(&[
        (BrowserKind::Chrome, Attack::TwoFingerprints),
        (BrowserKind::Chrome, Attack::LaterOffer),
    ])
    .await;
}
