//! What a page leaves in the browser: all of it is listed in the settings, and can be erased.

use serde_json::{Value, json};
use visavis_e2e::call::{all_see_and_hear, join, wait_for_lobby};
use visavis_e2e::{Browser, Page, Server};

const ESCAPE: &str = "\u{E00C}";

/// Whatever a page may have left in a browser, by its names.
const STORED: &str = r"
const stored = [...Object.keys(localStorage), ...Object.keys(sessionStorage), ...await caches.keys()];
for (const { active } of await navigator.serviceWorker.getRegistrations())
  if (active) stored.push(active.scriptURL.split('/').pop());
for await (const name of (await navigator.storage.getDirectory()).keys()) stored.push(name);
stored.push(...(await indexedDB.databases()).map(database => database.name));
if (document.cookie) stored.push(document.cookie);
return stored.sort();";

/// What the settings say of it, by the same names.
const LISTED: &str =
    "return [...document.querySelectorAll('dialog [data-stored]')].map(it => it.dataset.stored).sort()";

fn listed(key: &str) -> String {
    format!("document.querySelector('dialog [data-stored=\"{key}\"]')")
}

/// Both have the same names.
fn is_listed(stored: &Value, listed: &Value) {
    assert_eq!(stored, listed, "stored and listed");
}

/// Erases, and hears that nothing is left.
async fn erases(page: &Page) {
    page.click("dialog [data-erase]").await;
    page.until("nothing", "document.querySelector('dialog [data-nothing]').textContent").await;
    page.until(
        "it said",
        "document.querySelector('[data-privacy] [role=status]').textContent.startsWith('Erased. ')",
    )
    .await;
    assert_eq!(page.eval(STORED, vec![]).await, json!([]), "what is left");
}

#[tokio::test]
async fn what_was_changed_is_listed_and_gone_once_it_is_erased() {
    let server = Server::start().await;
    for browser in [Browser::chrome().await, Browser::firefox().await] {
        let ann = browser.open("Ann", &server.url()).await;
        join(&ann, "tea").await;
        ann.press("leave").await;
        ann.press("lobby").await;
        ann.press("settings").await;
        ann.until("the name", &listed("visavis.name")).await;
        ann.click("[data-switch=noiseSuppression]").await;
        ann.until("the devices", &listed("visavis.devices")).await;
        is_listed(&ann.eval(STORED, vec![]).await, &ann.eval(LISTED, vec![]).await);
        erases(&ann).await;

        ann.reload().await;
        let (_, name) = wait_for_lobby(&ann).await;
        assert_eq!(name, "", "the lobby knows nobody");
        ann.press("settings").await;
        ann.until(
            "the switch as at first",
            "document.querySelector('[data-switch=noiseSuppression]')?.checked",
        )
        .await;
    }
}

/// Uses whatever a call has: somebody who adds something that stores more makes this fail.
#[tokio::test]
async fn a_call_with_everything_keeps_nothing_that_is_not_listed() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;
    ann.press("hand").await;
    ann.press("react").await;
    ann.press("chat").await;
    ann.until("the field", "document.activeElement.localName === 'textarea'").await;
    ann.type_keys("hello\u{E007}").await;
    ann.press("chat").await;
    ann.press("layout").await;
    ann.until("the layouts", "document.querySelector('dialog.layouts')").await;
    ann.click("[name=layout][value=spotlight]").await;
    ann.type_keys(ESCAPE).await;
    ann.until("no dialog", "!document.querySelector('dialog')").await;
    ann.press("record").await;
    ann.until("where it is kept", "document.querySelector('dialog [data-place]')?.textContent").await;
    ann.click("dialog [data-start]").await;
    ann.until("a recording", "/0:0[1-9]/.test(document.querySelector('.recordings .progress')?.textContent)")
        .await;
    ann.press("record").await;
    ann.until("what was recorded", "document.querySelector('.kept [data-save]')").await;
    ann.type_keys(ESCAPE).await;
    ann.until("no dialog", "!document.querySelector('dialog')").await;

    ann.press("settings").await;
    ann.until("the recording", &listed("visavis-recordings")).await;
    ann.click("[data-switch=noiseSuppression]").await;
    ann.until("the devices", &listed("visavis.devices")).await;
    is_listed(&ann.eval(STORED, vec![]).await, &ann.eval(LISTED, vec![]).await);

    // A recording is not lost by one click.
    ann.click("dialog [data-erase]").await;
    ann.until("the question", "document.querySelector('dialog [data-erase][data-sure]')").await;
    let stored = ann.eval(STORED, vec![]).await;
    assert!(
        stored.as_array().is_some_and(|stored| stored.contains(&json!("visavis-recordings"))),
        "{stored}"
    );
    erases(&ann).await;
}
