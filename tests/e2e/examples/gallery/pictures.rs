//! The pictures: in which sizes and colours a screen is seen, where they go, and which are kept.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::{Browser, Page, tools};

use crate::name_of;

/// A telephone, the same on its side, a laptop, a large screen.
const SIZES: [(u32, u32); 4] = [(360, 740), (740, 360), (1280, 800), (1920, 1080)];
/// What it ends with, for whatever is pressed next.
const USUAL: (u32, u32) = (1280, 800);

/// The page is laid out in the frame after its size has changed, and buttons fade. Whoever asks for a check looks at it.
const SETTLED: &str = "
document.querySelector('.check li')?.scrollIntoView({ block: 'center' });
for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame);
await Promise.all(document.getAnimations().filter(it => it instanceof CSSTransition).map(it => it.finished.catch(() => {})));";

/// Makes a WebP of a PNG, by what a browser can do by itself: at half its size where it is larger than a document shows it.
const TO_WEBP: &str = "
const picture = await createImageBitmap(await (await fetch(`data:image/png;base64,${arguments[0]}`)).blob());
const scale = picture.width > 1280 ? 0.5 : 1;
const canvas = new OffscreenCanvas(picture.width * scale, picture.height * scale);
const drawing = canvas.getContext('2d');
drawing.imageSmoothingQuality = 'high';
drawing.drawImage(picture, 0, 0, canvas.width, canvas.height);
const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/webp', quality: 0.75 })).arrayBuffer());
let text = '';
for (const byte of bytes) text += String.fromCharCode(byte);
return btoa(text);";

/// Which colours a browser prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    /// Both, one after the other.
    Emulated,
    /// Light ones.
    Light,
    /// Dark ones.
    Dark,
}

/// All pictures, and what makes them small.
pub(crate) struct Pictures {
    converter: Page,
    /// What docs/gallery.md shows, by name.
    shown: BTreeSet<String>,
    taken: BTreeSet<String>,
}

impl Pictures {
    /// Reads what is to be kept.
    pub(crate) async fn new() -> Self {
        let document = fs::read_to_string(document()).expect("docs/gallery.md");
        let named = document.split("gallery/").skip(1).filter_map(|rest| rest.split_once(".webp"));
        let shown = named.map(|(name, _)| name.to_owned()).collect();
        fs::create_dir_all(kept()).expect("a folder");
        fs::create_dir_all(artifacts()).expect("a folder");
        let converter = Browser::chrome().await.open_bare("the converter").await;
        Self { converter, shown, taken: BTreeSet::new() }
    }

    /// Those that are taken in one browser and language.
    pub(crate) fn of(&mut self, browser: &Arc<Browser>, language: &'static str, scheme: Scheme) -> Looks<'_> {
        Looks { pictures: self, browser: name_of(browser.kind()), language, scheme }
    }

    async fn save(&mut self, page: &Page, name: String) {
        let path = artifacts().join(&name).with_extension("png");
        page.screenshot(&path.to_string_lossy()).await;
        if self.shown.contains(&name) {
            let png = STANDARD.encode(fs::read(&path).expect("a picture"));
            let webp = self.converter.eval(TO_WEBP, vec![json!(png)]).await;
            let webp = STANDARD.decode(webp.as_str().expect("a text")).expect("Base64");
            fs::write(kept().join(&name).with_extension("webp"), webp).expect("a picture");
        }
        self.taken.insert(name);
    }

    /// Takes away what docs/gallery.md does not show any more. After a run through all there is, everything that it shows was
    /// seen.
    pub(crate) fn finish(&self, all: bool) {
        for entry in fs::read_dir(kept()).expect("a folder").flatten() {
            let path = entry.path();
            let name = path.file_stem().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            if !self.shown.contains(&name) {
                fs::remove_file(path).expect("a file that can be removed");
            }
        }
        let missing: Vec<&String> = self.shown.difference(&self.taken).collect();
        assert!(!all || missing.is_empty(), "docs/gallery.md shows what is on no screen: {missing:?}");
        println!("{} pictures in {}", self.taken.len(), artifacts().display());
    }
}

/// The pictures of one browser in one language.
pub(crate) struct Looks<'a> {
    pictures: &'a mut Pictures,
    browser: &'static str,
    language: &'static str,
    scheme: Scheme,
}

impl Looks<'_> {
    /// Saves a screen in every size and all colours that there are.
    pub(crate) async fn at(&mut self, page: &Page, screen: &str) {
        page.until("nothing that passes", "!document.querySelector('.toast')").await;
        let schemes: &[Scheme] = match self.scheme {
            Scheme::Emulated => &[Scheme::Dark, Scheme::Light],
            Scheme::Light => &[Scheme::Light],
            Scheme::Dark => &[Scheme::Dark],
        };
        for scheme in schemes {
            let scheme = if *scheme == Scheme::Dark { "dark" } else { "light" };
            if page.browser().kind() == BrowserKind::Chrome {
                let features = json!([{ "name": "prefers-color-scheme", "value": scheme }]);
                page.cdp("Emulation.setEmulatedMedia", json!({ "features": features })).await;
            }
            for (width, height) in SIZES {
                page.resize(width, height).await;
                page.eval(SETTLED, vec![]).await;
                let (browser, language) = (self.browser, self.language);
                let name = format!("{screen}-{browser}-{language}-{scheme}-{width}x{height}");
                self.pictures.save(page, name).await;
            }
        }
        page.resize(USUAL.0, USUAL.1).await;
    }
}

fn document() -> PathBuf {
    tools::repository().join("docs/gallery.md")
}

fn kept() -> PathBuf {
    tools::repository().join("docs/gallery")
}

fn artifacts() -> PathBuf {
    tools::artifacts().join("gallery")
}
