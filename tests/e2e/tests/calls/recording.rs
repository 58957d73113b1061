//! Recordings: what is in the file, who is told, and what a crash leaves.

use serde_json::json;
use visavis_e2e::call::{join, sees, wait_for_lobby};
use visavis_e2e::recording::{
    CATCH_DOWNLOAD, STAGE, is_audible, is_whole, recorded, saves_and_plays, starts_recording,
};
use visavis_e2e::{Browser, Server, Setup};

/// Notes down what is said in passing: it is there for four seconds.
const HEAR_TOASTS: &str = r"
window.said = [];
new MutationObserver(() => window.said.push(...[...document.querySelectorAll('.toast')].map(toast => toast.textContent)))
  .observe(document.querySelector('.toasts'), { childList: true });
";

#[tokio::test]
async fn a_recorded_stage_is_a_file_with_pictures_and_voices_and_everybody_is_told() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::speaking_chrome()).await;
    let hiding = Browser::start(Setup::throttled_chrome().with_small_camera()).await;
    let (ann, ben) = (hiding.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    sees(&ann, &["Ben"]).await;
    sees(&ben, &["Ann"]).await;
    ben.eval(HEAR_TOASTS, vec![]).await;
    starts_recording(&ann, STAGE).await;
    let mark = "document.querySelector('.stage .recorders')?.textContent === 'Ann records'";
    ben.until("who records", mark).await;
    ben.until("it said aloud", "window.said.includes('Ann records this call')").await;
    // Whoever comes later is told, too.
    let cid = browser.open("Cid", &server.url()).await;
    join(&cid, "tea").await;
    cid.until("who records", mark).await;
    cid.close().await;
    // While nobody looks it goes on.
    let before = ann.eval("return document.querySelector('.progress').textContent", vec![]).await;
    let tab = ann.hide().await;
    let grown = format!("document.querySelector('.progress').textContent !== {before}");
    ann.until("more of it", &grown).await;
    ann.unhide(tab).await;
    ann.press("record").await;
    let file = saves_and_plays(&ann).await;
    is_whole(&file, 3.0);
    is_audible(&file);
    ben.until("nobody to record", "!document.querySelector('.stage .recorders')").await;
    ben.until("that said aloud", "window.said.includes('Ann has stopped recording')").await;
    ann.click(".kept [data-delete]").await;
    ann.until("it to be deleted", "!document.querySelector('.kept li')").await;
    assert_eq!(ann.snapshot().await.errors, Vec::<String>::new());
}

#[tokio::test]
async fn a_recording_survives_the_end_of_its_browser() {
    let server = Server::start().await;
    let profile = std::env::temp_dir().join(format!("visavis-e2e-profile-{}", std::process::id()));
    let setup = || Setup::speaking_chrome().with(&format!("--user-data-dir={}", profile.display()));
    let browser = Browser::start(setup()).await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    sees(&ann, &["Ben"]).await;
    starts_recording(&ann, STAGE).await;
    // By the clock: on a busy machine the browser hands out what it has encoded some seconds later.
    ann.until("more of it", &recorded(6)).await;
    browser.kill();
    drop((ann, ben, browser));

    let browser = Browser::start(setup()).await;
    let ann = browser.open("Ann", &server.url()).await;
    wait_for_lobby(&ann).await;
    ann.eval(CATCH_DOWNLOAD, vec![]).await;
    let file = saves_and_plays(&ann).await;
    // The last seconds are lost at most.
    is_whole(&file, 1.5);
    is_audible(&file);
    // What was saved is deleted at once, and nothing is found any more.
    ann.click(".kept [data-delete]").await;
    ann.until("nothing to be left", "!document.querySelector('.found')").await;
    let folders = "const names = []; for await (const name of (await navigator.storage.getDirectory()).keys()) names.push(name); \
                   return names";
    assert_eq!(ann.eval(folders, vec![]).await, json!([]));
    drop((ann, browser));
    let _ = std::fs::remove_dir_all(profile);
}

#[tokio::test]
async fn firefox_records_one_tile_until_the_call_ends() {
    let server = Server::start().await;
    let (firefox, chrome) = (Browser::firefox().await, Browser::start(Setup::speaking_chrome()).await);
    let (ann, ben) = (firefox.open("Ann", &server.url()).await, chrome.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    sees(&ann, &["Ben"]).await;
    starts_recording(&ann, "Ben").await;
    ann.press("leave").await;
    ann.until(
        "why it ended",
        "document.querySelector('.ended')?.textContent.includes('ended with the call')",
    )
    .await;
    let file = saves_and_plays(&ann).await;
    is_whole(&file, 3.0);
}
