//! What people do together: join, see and hear one another.

use std::time::{Duration, Instant};

use crate::page::{Page, WAIT_TIMEOUT};
use crate::snapshot::{Snapshot, Tile};

/// The least mean brightness of a picture that is not black.
const NOT_BLACK: f64 = 8.0;
/// The least energy that is a sound.
const AUDIBLE: f64 = 1e-4;
/// More frames than can be on their way when a path breaks.
const MAX_FRAMES_IN_FLIGHT: u64 = 10;

/// Enters a room through the lobby, as a person does.
pub async fn join(page: &Page, room: &str) {
    wait_for_lobby(page).await;
    page.fill("input[name=room]", room).await;
    page.fill("input[name=name]", page.name()).await;
    page.press("join").await;
    page.wait_until("to be in the room", |snapshot| snapshot.state == "joined").await;
}

/// What the lobby has in its fields for room and name, once it can be used.
pub async fn wait_for_lobby(page: &Page) -> (String, String) {
    page.wait_until("a lobby that can be used", |snapshot| {
        snapshot.state == "lobby" && snapshot.control("join").is_some_and(|join| !join.disabled)
    })
    .await;
    let script = "return ['room', 'name'].map(name => document.querySelector(`input[name=${name}]`).value)";
    let fields = page.eval(script, vec![]).await;
    serde_json::from_value(fields).expect("two texts")
}

/// Enters the room of the link that the page was opened with: the lobby knows room and name, and takes one click.
pub async fn join_by_link(page: &Page) {
    wait_for_lobby(page).await;
    page.press("join").await;
    page.wait_until("to be in the room by a link", |snapshot| snapshot.state == "joined").await;
}

/// After a reload the page goes on with its call by itself. A click or two let us listen: without one, browsers do not
/// let a page measure what it hears.
pub async fn wait_until_rejoined(page: &Page) {
    page.wait_until("to be back in the room", |snapshot| snapshot.state == "joined").await;
    page.press("microphone").await;
    page.press("microphone").await;
}

/// The names of everybody but the one who looks.
pub fn names_except<'a>(pages: &[&'a Page], me: &Page) -> Vec<&'a str> {
    pages.iter().map(|page| page.name()).filter(|name| *name != me.name()).collect()
}

/// Everybody sees every other one's moving picture and hears them, one tile each.
pub async fn all_see_and_hear(pages: &[&Page]) {
    for page in pages {
        sees_and_hears(page, &names_except(pages, page)).await;
    }
}

/// Everybody sees and hears as many others as there are, whatever they are called: most servers know no names.
pub async fn all_see_and_hear_somebody(pages: &[&Page]) {
    for page in pages {
        sees_and_hears_count(page, pages.len() - 1).await;
    }
}

/// Sees and hears so many others, whatever they are called.
pub async fn sees_and_hears_count(page: &Page, count: usize) {
    let expected = format!("connected tiles with a picture of {count}");
    sees_all(page, &expected, |snapshot| snapshot.others().count() == count).await;
    hears_everybody(page).await;
}

/// Sees the moving pictures of exactly these others, and hears them.
pub async fn sees_and_hears(page: &Page, names: &[&str]) {
    sees(page, names).await;
    hears_everybody(page).await;
}

async fn hears_everybody(page: &Page) {
    page.measure_audio().await;
    let hears = |tile: &Tile| tile.video.as_ref().is_some_and(|video| !video.muted && video.sound > AUDIBLE);
    page.wait_until("to hear everybody who is seen", |snapshot| {
        snapshot.others().filter(|tile| tile.source == "camera").all(hears)
    })
    .await;
}

/// Sees the moving pictures of exactly these others, one tile each.
pub async fn sees(page: &Page, names: &[&str]) -> Snapshot {
    let expected = format!("connected tiles with a picture of exactly {names:?}");
    sees_all(page, &expected, |snapshot| snapshot.shows_exactly(names)).await
}

/// Sees the moving pictures of those who are there as they should.
async fn sees_all(page: &Page, expected: &str, condition: impl Fn(&Snapshot) -> bool) -> Snapshot {
    let first = page
        .within(Duration::from_secs(60), expected, |snapshot| {
            condition(snapshot) && snapshot.others().all(has_picture)
        })
        .await;
    let moved = |tile: &Tile| {
        let before = first.others().find(|before| before.id == tile.id && before.source == tile.source);
        let before = before.and_then(|tile| tile.video.as_ref());
        let Some((before, now)) = before.zip(tile.video.as_ref()) else { return false };
        now.frames > before.frames + 2 && now.picture != before.picture
    };
    page.wait_until(&format!("motion in {expected}"), |snapshot| {
        condition(snapshot) && snapshot.others().all(|tile| has_picture(tile) && moved(tile))
    })
    .await
}

/// After the path of two was broken, both see the other move again, in the element they had before, and hear them. How
/// long that takes is printed, not judged: it depends on what else the machine has to do.
pub async fn media_recovers(pages: &[&Page; 2], after: &str) {
    let begin = Instant::now();
    for page in pages {
        let before = frames(&page.snapshot().await);
        let expected = format!("the other to move again after {after}");
        page.within(WAIT_TIMEOUT * 2, &expected, |snapshot| {
            let now = frames(snapshot);
            now.0 == before.0 && now.1 > before.1 + MAX_FRAMES_IN_FLIGHT
        })
        .await;
    }
    println!("{after}: pictures moved both ways after {:.1} s", begin.elapsed().as_secs_f64());
    all_see_and_hear(pages).await;
}

/// The number of the other's `<video>`, and how many frames it has shown.
fn frames(snapshot: &Snapshot) -> (u32, u64) {
    let video = snapshot.others().find_map(|tile| tile.video.as_ref());
    video.map(|video| (video.number, video.frames)).unwrap_or_default()
}

fn has_picture(tile: &Tile) -> bool {
    let bright = |video: &crate::Video| {
        video.visible && !video.paused && video.frames > 0 && video.brightness > NOT_BLACK
    };
    tile.connection == "connected" && tile.videos == 1 && tile.video.as_ref().is_some_and(bright)
}

/// Hears nothing of this person any more. The last sounds may still be on their way, so several stretches are tried.
pub async fn falls_silent(page: &Page, name: &str) {
    for _ in 0..5 {
        page.measure_audio().await;
        // A second and a half: longer than the pause between two beeps of a fake microphone.
        let snapshot = page
            .wait_until(&format!("to have listened to {name}"), |snapshot| {
                snapshot
                    .tile(name)
                    .and_then(|tile| tile.video.as_ref())
                    .is_some_and(|video| video.samples >= 30)
            })
            .await;
        if snapshot.tile(name).and_then(|tile| tile.video.as_ref()).is_some_and(|video| video.sound < AUDIBLE)
        {
            return;
        }
    }
    page.fail(&format!("{name} to fall silent"), &page.snapshot().await).await;
}

/// One mutes, and the other sees and hears it; and then not any more.
pub async fn muting_is_seen(who: &Page, by: &Page) {
    who.press("microphone").await;
    sees_microphone(by, who.name(), "off").await;
    falls_silent(by, who.name()).await;
    who.press("microphone").await;
    sees_microphone(by, who.name(), "on").await;
    all_see_and_hear(&[who, by]).await;
}

/// Sees that somebody's microphone is `on` or `off`.
pub async fn sees_microphone(page: &Page, of: &str, state: &str) {
    page.wait_until(&format!("the microphone of {of} to be {state}"), |snapshot| {
        snapshot.tile(of).is_some_and(|tile| tile.microphone == state)
    })
    .await;
}

/// The numbers of the elements in which the others' pictures are, and how many frames of them were shown.
pub async fn pictures(page: &Page) -> Vec<(u32, u64)> {
    let snapshot = page.snapshot().await;
    let videos = snapshot.others().filter_map(|tile| tile.video.as_ref());
    videos.map(|video| (video.number, video.frames)).collect()
}

/// Whatever was done, the same elements show more frames.
pub async fn pictures_go_on(page: &Page, before: &[(u32, u64)]) {
    page.wait_until("every picture to go on in its element", |snapshot| {
        let now: Vec<_> = snapshot.others().filter_map(|tile| tile.video.as_ref()).collect();
        before.iter().all(|(number, frames)| {
            now.iter().any(|video| video.number == *number && video.frames > frames + 4)
        })
    })
    .await;
}
