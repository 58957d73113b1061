//! The media path breaks while a screen is shared.

use std::time::Duration;

use tokio::time::sleep;
use visavis_e2e::call::{meets, sees};
use visavis_e2e::page::PATIENCE;
use visavis_e2e::screen::share;
use visavis_e2e::{Look, Setup};

use crate::paths::Call;

/// More frames than can be on their way when a path breaks.
const FRESH: u64 = 10;

/// What each tile of somebody else shows, the number of its `<video>`, and how many frames it has shown.
fn pictures(look: &Look) -> Vec<(String, u32, u64)> {
    let pictures = look.others().filter_map(|tile| {
        let video = tile.video.as_ref()?;
        Some((tile.source.clone(), video.number, video.frames))
    });
    pictures.collect()
}

#[tokio::test]
async fn a_screen_moves_again_in_its_own_tile_after_its_path_was_cut() {
    let Some(call) = Call::between(Setup::small_chrome(), Setup::small_chrome()).await else { return };
    let (ann, ben) = (&call.ann, &call.ben);
    share(ann).await;
    let shared = ["Ann", "Ann: screen"];
    sees(ben, &shared).await;

    call.network.cut();
    // The length of the cut is what is tested.
    sleep(Duration::from_secs(5)).await;
    let before = pictures(&ben.look().await);
    assert_eq!(before.len(), 2, "{before:?}");
    call.network.mend();
    ben.within(PATIENCE * 2, "camera and screen to move again, each where it was", |look| {
        let now = pictures(look);
        now.len() == before.len()
            && before
                .iter()
                .zip(&now)
                .all(|(before, now)| (&before.0, before.1) == (&now.0, now.1) && now.2 > before.2 + FRESH)
    })
    .await;
    meets(ben, &shared).await;
    meets(ann, &["Ben"]).await;
    assert!(ann.look().await.tile("Your screen").is_some(), "nobody had to share it again");
}
