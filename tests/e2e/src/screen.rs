//! Sharing a screen, as a person does.

use crate::look::Look;
use crate::page::Page;

/// Shares whatever the browser picks, and sees it in a tile of its own.
pub async fn share(page: &Page) {
    page.press("screen").await;
    page.until("to share", |look| is(look, "screen", "on")).await;
    let own = page
        .until("the screen that is shared, in a tile of its own", |look| {
            look.tile("Your screen")
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
    page.until("to share no more", |look| {
        is(look, "screen", "off")
            && look.tile("Your screen").is_none()
            && look.held.shared.is_empty()
            && ["microphone", "camera"].iter().all(|source| is(look, source, "on"))
    })
    .await;
}

fn is(look: &Look, source: &str, state: &str) -> bool {
    look.control(source).is_some_and(|control| control.state == state)
}
