//! The media path breaks while a screen is shared.

use std::time::Duration;

use tokio::time::sleep;
use visavis_e2e::call::{sees, sees_and_hears};
use visavis_e2e::page::WAIT_TIMEOUT;
use visavis_e2e::screen::start_sharing;
use visavis_e2e::{Setup, Snapshot};

use crate::paths::Call;

/// More frames than can be on their way when a path breaks.
const FRESH: u64 = 10;

/// What each tile of somebody else shows, the number of its `<video>`, and how many frames it has shown.
fn pictures(snapshot: &Snapshot) -> Vec<(String, u32, u64)> {
    let pictures = snapshot.others().filter_map(|tile| {
        let video = tile.video.as_ref()?;
        Some((tile.source.clone(), video.number, video.frames))
    });
    pictures.collect()
}

#[tokio::test]
async fn a_screen_moves_again_in_its_own_tile_after_its_path_was_cut() {
    let Some(call) = Call::between(Setup::small_chrome(), Setup::small_chrome()).await else { return };
    let (ann, ben) = (&call.ann, &call.ben);
    start_sharing(ann).await;
    let shared = ["Ann", "Ann: screen"];
    sees(ben, &shared).await;

    call.network.cut();
    // The length of the cut is what is tested.
    sleep(Duration::from_secs(5)).await;
    let before = pictures(&ben.snapshot().await);
    assert_eq!(before.len(), 2, "{before:?}");
    call.network.restore();
    ben.within(WAIT_TIMEOUT * 2, "camera and screen to move again, each where it was", |snapshot| {
        let now = pictures(snapshot);
        now.len() == before.len()
            && before
                .iter()
                .zip(&now)
                .all(|(before, now)| (&before.0, before.1) == (&now.0, now.1) && now.2 > before.2 + FRESH)
    })
    .await;
    sees_and_hears(ben, &shared).await;
    sees_and_hears(ann, &["Ben"]).await;
    assert!(ann.snapshot().await.tile("Your screen").is_some(), "nobody had to share it again");
}
