//! A large file, and one over a slow path.

use visavis_e2e::Setup;

use crate::files::{
    a_file_passes_beside_the_call, offers_large_file, passes_unnoticed, pictures_have_settled,
};
use crate::paths::Call;

/// What the path carries, in kbit/s: the pictures want as much.
const SLOW: u32 = 3000;

#[tokio::test]
async fn a_large_file_arrives_as_it_was_sent_and_the_call_goes_on() {
    a_file_passes_beside_the_call(200).await;
}

#[tokio::test]
async fn a_file_gives_way_on_a_slow_path() {
    if let Some(call) = Call::start(Setup::chrome()).await {
        call.network.limit(SLOW);
        pictures_have_settled([&call.ann, &call.ben]).await;
        offers_large_file(&call.ann, &call.ben, 4).await;
        passes_unnoticed([&call.ann, &call.ben], 4).await;
    }
}
