//! What people do in a call whose media a server forwards: write, raise hands, react, record, and look at it in other ways.

use visavis_e2e::Page;
use visavis_e2e::call::{join, pictures, pictures_go_on, sees};
use visavis_e2e::recording::{STAGE, is_audible, is_whole, saves_and_plays, starts_recording};

const ENTER: &str = "\u{E007}";
/// Whoever does not record sees who does.
const MARK: &str = "document.querySelector('.stage .recorders')?.textContent === 'Ann records'";
const ESCAPE: &str = "\u{E00C}";

/// Ann and Ben see each other; Cem has not joined the room yet. Whatever they do, all pictures go on in the elements that they had.
pub(crate) async fn people_do_all_that_they_can(ann: &Page, ben: &Page, cem: &Page, room: &str) {
    let before = [pictures(ann).await, pictures(ben).await];
    they_write_and_react(ann, ben).await;
    starts_recording(ann, STAGE).await;
    ben.until("who records", MARK).await;
    join(cem, room).await;
    is_told_what_was_before(cem).await;
    ann.press("record").await;
    let file = saves_and_plays(ann).await;
    is_whole(&file, 3.0);
    is_audible(&file);
    ben.until("nobody to record", "!document.querySelector('.stage .recorders')").await;
    ann.type_keys(ESCAPE).await;
    for (page, before) in [ann, ben].into_iter().zip(&before) {
        pictures_go_on(page, before).await;
    }
}

async fn they_write_and_react(ann: &Page, ben: &Page) {
    write(ann, "Who makes tea?").await;
    ben.until(
        "that there is something to read",
        "document.querySelector('[data-control=chat] .badge, [data-control=chat][aria-label*=unread]')",
    )
    .await;
    write(ben, "I do.").await;
    for page in [ann, ben] {
        has_read(page, "Who makes tea?").await;
        has_read(page, "I do.").await;
    }
    let files = "[...document.querySelectorAll('.chat [data-files=unreachable]')].some(it => it.textContent.includes('a server stands between'))";
    ann.until("where files do not go", files).await;
    ann.type_keys(ESCAPE).await;
    ann.press("hand").await;
    ben.until("Ann's hand", "document.querySelector('.tile:not([data-self]) .hand')").await;
    reacts(ann, ben).await;
}

/// Who comes late sees and hears of all that.
async fn is_told_what_was_before(cem: &Page) {
    sees(cem, &["Ann", "Ben"]).await;
    cem.until("who records", MARK).await;
    cem.until("whose hand was raised before", "document.querySelector('.tile .hand')").await;
    cem.press("chat").await;
    for text in ["Who makes tea?", "I do."] {
        has_read(cem, text).await;
    }
}

async fn write(page: &Page, text: &str) {
    page.press("chat").await;
    page.until("the panel", "document.querySelector('.chat textarea')").await;
    page.eval("document.querySelector('.chat textarea').focus()", vec![]).await;
    page.type_keys(text).await;
    page.type_keys(ENTER).await;
}

async fn has_read(page: &Page, text: &str) {
    let messages = "[...document.querySelectorAll('.chat .message .text')]";
    page.until(text, &format!("{messages}.some(it => it.textContent === '{text}')")).await;
}

/// Ann reacts, which is seen for four seconds.
async fn reacts(ann: &Page, ben: &Page) {
    let wait = "window.reaction = new Promise(done => new MutationObserver(() => {
        const reaction = document.querySelector('.tile:not([data-self]) > .reaction');
        if (reaction) done(reaction.dataset.reaction);
      }).observe(document.querySelector('.stage'), { childList: true, subtree: true }));";
    ben.eval(wait, vec![]).await;
    ann.press("react").await;
    ann.until("the choice", "document.querySelector('[data-reaction=applause]')").await;
    ann.click("[data-reaction=applause]").await;
    assert_eq!(ben.eval("return await window.reaction", vec![]).await, "applause");
    ann.press("react").await;
}

/// In each layout, with a pin and without, all pictures go on; without one the large tile is of whoever speaks.
pub(crate) async fn the_stage_follows(page: &Page, pinned: &str, speaker: &str) {
    page.until(
        "who speaks",
        &format!("[...document.querySelectorAll('[data-speaking] .name')].some(it => it.textContent === '{speaker}')"),
    )
    .await;
    for layout in ["spotlight", "sidebar", "grid", "spotlight"] {
        let before = pictures(page).await;
        page.eval("document.querySelector('.stage').focus()", vec![]).await;
        page.type_keys("l").await;
        page.until("the menu", "document.querySelector('dialog.layouts')").await;
        page.click(&format!("dialog.layouts [value={layout}]")).await;
        page.type_keys(ESCAPE).await;
        let chosen = format!("document.querySelector('.tiles').dataset.layout === '{layout}'");
        page.until("the layout", &chosen).await;
        pictures_go_on(page, &before).await;
    }
    is_large(page, speaker).await;
    let before = pictures(page).await;
    let id = page.snapshot().await.tile(pinned).expect("they have a tile").id.clone();
    let pin = format!("[data-participant='{id}'][data-source=camera] [data-control=pin]");
    page.click(&pin).await;
    is_large(page, pinned).await;
    pictures_go_on(page, &before).await;
    page.click(&pin).await;
    is_large(page, speaker).await;
    pictures_go_on(page, &before).await;
}

async fn is_large(page: &Page, name: &str) {
    let large = "document.querySelector('[data-large] .name')?.textContent";
    page.until(&format!("{name} on the large tile"), &format!("{large} === '{name}'")).await;
}
