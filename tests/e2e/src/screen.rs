//! Sharing a screen, as a person does.

use crate::page::Page;
use crate::snapshot::Snapshot;

/// Shares whatever the browser picks, and sees it in a tile of its own.
pub async fn start_sharing(page: &Page) {
    page.press("screen").await;
    page.wait_until("to share", |snapshot| is(snapshot, "screen", "on")).await;
    let own = page
        .wait_until("the screen that is shared, in a tile of its own", |snapshot| {
            snapshot
                .tile("Your screen")
                .and_then(|tile| tile.video.as_ref())
                .is_some_and(|video| video.frames > 0)
        })
        .await;
    assert!(own.tile("Your screen").is_some_and(|tile| tile.own && tile.source == "screen"), "{own}");
}

/// Stops it by the same button.
pub async fn stop_sharing(page: &Page) {
    page.press("screen").await;
    shares_no_more(page).await;
}

/// Shows that nothing is shared any more, while microphone and camera stay on.
pub async fn shares_no_more(page: &Page) {
    page.wait_until("to share no more", |snapshot| {
        is(snapshot, "screen", "off")
            && snapshot.tile("Your screen").is_none()
            && snapshot.resources.shared.is_empty()
            && ["microphone", "camera"].iter().all(|source| is(snapshot, source, "on"))
    })
    .await;
}

fn is(snapshot: &Snapshot, source: &str, state: &str) -> bool {
    snapshot.control(source).is_some_and(|control| control.state == state)
}
