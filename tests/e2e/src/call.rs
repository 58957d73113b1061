//! What people do together: join, see and hear one another.

use std::time::{Duration, Instant};

use crate::look::{Look, Tile};
use crate::page::{PATIENCE, Page};

/// The least mean brightness of a picture that is not black.
const NOT_BLACK: f64 = 8.0;
/// The least energy that is a sound.
const AUDIBLE: f64 = 1e-4;
/// More frames than can be on their way when a path breaks.
const FRESH: u64 = 10;

/// Enters a room through the lobby, as a person does.
pub async fn join(page: &Page, room: &str) {
    in_lobby(page).await;
    page.fill("input[name=room]", room).await;
    page.fill("input[name=name]", page.name()).await;
    page.press("join").await;
    page.until("to be in the room", |look| look.state == "joined").await;
}

/// What the lobby has in its fields for room and name, once it can be used.
pub async fn in_lobby(page: &Page) -> (String, String) {
    page.until("a lobby that can be used", |look| {
        look.state == "lobby" && look.control("join").is_some_and(|join| !join.disabled)
    })
    .await;
    let script = "return ['room', 'name'].map(name => document.querySelector(`input[name=${name}]`).value)";
    let fields = page.eval(script, vec![]).await;
    serde_json::from_value(fields).expect("two texts")
}

/// Enters the room of the link that the page was opened with: the lobby knows room and name, and takes one click.
pub async fn join_by_link(page: &Page) {
    in_lobby(page).await;
    page.press("join").await;
    page.until("to be in the room by a link", |look| look.state == "joined").await;
}

/// After a reload the page goes on with its call by itself. A click or two let us listen: without one, browsers do not
/// let a page measure what it hears.
pub async fn comes_back(page: &Page) {
    page.until("to be back in the room", |look| look.state == "joined").await;
    page.press("microphone").await;
    page.press("microphone").await;
}

/// The names of everybody but the one who looks.
pub fn names_but<'a>(pages: &[&'a Page], me: &Page) -> Vec<&'a str> {
    pages.iter().map(|page| page.name()).filter(|name| *name != me.name()).collect()
}

/// Everybody sees every other one's moving picture and hears them, one tile each.
pub async fn all_meet(pages: &[&Page]) {
    for page in pages {
        meets(page, &names_but(pages, page)).await;
    }
}

/// Everybody sees and hears as many others as there are, whatever they are called: most servers know no names.
pub async fn all_meet_somebody(pages: &[&Page]) {
    for page in pages {
        meets_some(page, pages.len() - 1).await;
    }
}

/// Sees and hears so many others, whatever they are called.
pub async fn meets_some(page: &Page, count: usize) {
    let expected = format!("connected tiles with a picture of {count}");
    sees_those(page, &expected, |look| look.others().count() == count).await;
    hears_all(page).await;
}

/// Sees the moving pictures of exactly these others, and hears them.
pub async fn meets(page: &Page, names: &[&str]) {
    sees(page, names).await;
    hears_all(page).await;
}

async fn hears_all(page: &Page) {
    page.listen().await;
    let hears = |tile: &Tile| tile.video.as_ref().is_some_and(|video| !video.muted && video.sound > AUDIBLE);
    page.until("to hear everybody who is seen", |look| {
        look.others().filter(|tile| tile.source == "camera").all(hears)
    })
    .await;
}

/// Sees the moving pictures of exactly these others, one tile each.
pub async fn sees(page: &Page, names: &[&str]) -> Look {
    let expected = format!("connected tiles with a picture of exactly {names:?}");
    sees_those(page, &expected, |look| look.shows_exactly(names)).await
}

/// Sees the moving pictures of those who are there as they should.
async fn sees_those(page: &Page, expected: &str, so: impl Fn(&Look) -> bool) -> Look {
    let first = page
        .within(Duration::from_secs(60), expected, |look| so(look) && look.others().all(has_picture))
        .await;
    let moved = |tile: &Tile| {
        let before = first.others().find(|before| before.id == tile.id && before.source == tile.source);
        let before = before.and_then(|tile| tile.video.as_ref());
        let Some((before, now)) = before.zip(tile.video.as_ref()) else { return false };
        now.frames > before.frames + 2 && now.picture != before.picture
    };
    page.until(&format!("motion in {expected}"), |look| {
        so(look) && look.others().all(|tile| has_picture(tile) && moved(tile))
    })
    .await
}

/// After the path of two was broken, both see the other move again, in the element they had before, and hear them. How
/// long that takes is printed, not judged: it depends on what else the machine has to do.
pub async fn go_on(pages: &[&Page; 2], after: &str) {
    let begin = Instant::now();
    for page in pages {
        let before = frames(&page.look().await);
        let expected = format!("the other to move again after {after}");
        page.within(PATIENCE * 2, &expected, |look| {
            let now = frames(look);
            now.0 == before.0 && now.1 > before.1 + FRESH
        })
        .await;
    }
    println!("{after}: pictures moved both ways after {:.1} s", begin.elapsed().as_secs_f64());
    all_meet(pages).await;
}

/// The number of the other's `<video>`, and how many frames it has shown.
fn frames(look: &Look) -> (u32, u64) {
    let video = look.others().find_map(|tile| tile.video.as_ref());
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
        page.listen().await;
        // A second and a half: longer than the pause between two beeps of a fake microphone.
        let look = page
            .until(&format!("to have listened to {name}"), |look| {
                look.tile(name).and_then(|tile| tile.video.as_ref()).is_some_and(|video| video.samples >= 30)
            })
            .await;
        if look.tile(name).and_then(|tile| tile.video.as_ref()).is_some_and(|video| video.sound < AUDIBLE) {
            return;
        }
    }
    page.fail(&format!("{name} to fall silent"), &page.look().await).await;
}
