//! The other lies, each in the other browser.

use visavis_e2e::browser::Kind;

use crate::lying::{Lie, nobody_is_fooled};

#[tokio::test]
async fn nobody_in_the_middle_of_others_gets_them_to_read_the_same_words() {
    nobody_is_fooled(&[(Kind::Firefox, Lie::LaterOffer), (Kind::Chrome, Lie::TwoFingerprints)]).await;
}
