//! Goes through every screen in every browser and saves what it looks like, for people to look at: in the artifacts all of it, and
//! what docs/gallery.md names beside that. Run by `cargo xtask gallery`, which tells it where everything is.
//!
//! Arguments: the browsers to go through, `chromium`, `firefox` or `webkitgtk`; without any, all.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod pictures;
mod screens;

use std::env;

use serde_json::json;
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::{Browser, Setup, tools};

use self::pictures::{Pictures, Scheme};
use self::screens::Cast;

/// Names of people who speak the language of the page.
const CASTS: [Cast; 2] = [
    Cast { language: "en", names: ["Ann", "Ben", "Cem", "Dot"] },
    Cast { language: "ar", names: ["ليلى", "سامي", "نور", "عمر"] },
];

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let asked: Vec<String> = env::args().skip(1).collect();
    let wants = |name: &str| asked.is_empty() || asked.iter().any(|it| it == name);
    let mut pictures = Pictures::new().await;
    for cast in &CASTS {
        if wants("chromium") {
            let browser = Browser::start(Setup::chrome()).await;
            screens::with_a_call(&browser, cast, &mut pictures.of(&browser, cast.language, Scheme::Emulated))
                .await;
        }
        if wants("firefox") {
            // One of them in the dark.
            let scheme = if cast.language == "ar" { Scheme::Dark } else { Scheme::Light };
            let browser = Browser::start(firefox(scheme)).await;
            screens::with_a_call(&browser, cast, &mut pictures.of(&browser, cast.language, scheme)).await;
        }
        if wants("webkitgtk") {
            if tools::xvfb().is_none() {
                tools::skip("no display for WebKitGTK");
                continue;
            }
            let browser = Browser::start(Setup::webkit()).await;
            let mut looks = pictures.of(&browser, cast.language, Scheme::Light);
            screens::without_connections(&browser, cast, &mut looks).await;
        }
    }
    pictures.finish(asked.is_empty());
}

/// Firefox in one scheme of colours: it is not changed while it runs.
fn firefox(scheme: Scheme) -> Setup {
    let dark = scheme == Scheme::Dark;
    let setting = "layout.css.prefers-color-scheme.content-override";
    Setup::firefox().popups().pref(setting, json!(i32::from(!dark)))
}

/// What a browser is called in the names of pictures.
fn name_of(kind: BrowserKind) -> &'static str {
    match kind {
        BrowserKind::Chrome => "chromium",
        BrowserKind::Firefox => "firefox",
        BrowserKind::WebKit => "webkitgtk",
    }
}
