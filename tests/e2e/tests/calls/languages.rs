//! Every screen in every language: nothing is left in English, nothing is cut off, and those who do not see the page are told.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::call::{join, sees};
use visavis_e2e::{Browser, Page, Server, Setup, tools};

use crate::webkit::LAYOUT_ISSUES;

/// What people read and hear of the page: texts, and attributes that stand for texts.
const WORDS: &str = "
const room = document.querySelector('visavis-room'), words = [];
const walker = document.createTreeWalker(room, NodeFilter.SHOW_TEXT);
while (walker.nextNode()) {
  if (!walker.currentNode.parentElement.closest('textarea, option[lang]')) words.push(walker.currentNode.data.trim());
}
for (const it of room.querySelectorAll('*')) {
  for (const name of ['aria-label', 'title', 'placeholder', 'aria-description']) words.push(it.getAttribute(name) ?? '');
}
return words.filter(Boolean);";

/// A phone on its side, a laptop at 200 % zoom, a large screen; and those that count in every language, a phone and a laptop.
const SIZES: [(u32, u32); 5] = [(740, 360), (640, 400), (1920, 1080), (360, 740), (1280, 800)];

/// The stage is laid out in the frame after its size has changed.
const LAID_OUT: &str = "for (let i = 0; i < 3; i++) await new Promise(requestAnimationFrame)";

/// What axe finds (https://github.com/dequelabs/axe-core): rules of WCAG 2.2 AA, and what its authors call best practice.
const AXE: &str = "
const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
const { violations } = await axe.run(document, { resultTypes: ['violations'], runOnly: { type: 'tag', values: tags } });
return violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html.slice(0, 120)).join(' | ')}`);";

/// Offers a file whose name means the same in every language.
const OFFER: &str = "
const input = document.querySelector('.chat input[type=file]');
const transfer = new DataTransfer();
transfer.items.add(new File([new Uint8Array(9000)], 'IMG_2041.jpeg'));
input.files = transfer.files;
input.dispatchEvent(new Event('change', { bubbles: true }));";

/// A page that speaks a language.
struct Speaking<'a> {
    page: &'a Page,
    language: &'a str,
    /// What is said in English, and should not be said here.
    english: Vec<String>,
}

impl<'a> Speaking<'a> {
    /// Has the page speak it, as somebody who has chosen it in the settings before.
    async fn of(page: &'a Page, language: &'a str) -> Self {
        page.eval("localStorage.setItem('visavis.language', arguments[0])", vec![json!(language)]).await;
        page.reload().await;
        page.wait_until("the lobby", |snapshot| {
            snapshot.control("join").is_some()
                && snapshot.control("camera").is_some_and(|it| it.state == "on")
        })
        .await;
        let file = tools::repository().join("www/languages").join(language).with_extension("json");
        let messages: BTreeMap<String, String> = match fs::read_to_string(file) {
            Ok(text) => serde_json::from_str(&text).expect("messages"),
            Err(_) => BTreeMap::new(),
        };
        let differ = messages.into_iter().filter(|(english, translation)| english != translation);
        Self { page, language, english: differ.map(|(english, _)| english).collect() }
    }

    /// Looks at what is shown.
    async fn check(&self, screen: &str) {
        self.check_within(screen, None).await;
    }

    /// Looks at what is shown, and whether all of it fits that is within `root`.
    async fn check_within(&self, screen: &str, root: Option<&str>) {
        let place = format!("{screen} in {}", self.language);
        let words = self.page.eval(WORDS, vec![]).await;
        let words: Vec<&str> = words.as_array().expect("words").iter().filter_map(Value::as_str).collect();
        let left: Vec<&&str> =
            words.iter().filter(|word| self.english.iter().any(|text| text == **word)).collect();
        assert!(left.is_empty(), "still in English: {left:?} ({place})");
        let frame = "const { lang, dir } = document.querySelector('.frame'); return [lang, dir, document.documentElement.lang]";
        let dir = if self.language == "ar" { "rtl" } else { "ltr" };
        assert_eq!(
            self.page.eval(frame, vec![]).await,
            json!([self.language, dir, self.language]),
            "{place}"
        );
        if self.page.browser().kind() == BrowserKind::Chrome {
            // In the other languages less: what differs is how long words are.
            let all = ["en", "ar"].contains(&self.language);
            for (width, height) in SIZES.into_iter().skip(if all { 0 } else { 3 }) {
                self.page.resize(width, height).await;
                let mut issues = Value::Null;
                for _ in 0..20 {
                    self.page.eval(LAID_OUT, vec![]).await;
                    issues =
                        self.page.eval(LAYOUT_ISSUES, root.iter().map(|root| json!(root)).collect()).await;
                    if issues == json!([]) {
                        break;
                    }
                }
                self.save(&format!("{screen}-{width}x{height}")).await;
                assert_eq!(issues, json!([]), "{place} at {width}x{height}");
            }
        }
        let axe =
            fs::read_to_string(tools::packages().join("node_modules/axe-core/axe.min.js")).expect("axe-core");
        let violations = self.page.eval(&format!("{axe}\n{AXE}"), vec![]).await;
        assert_eq!(violations, json!([]), "{place}");
    }

    async fn save(&self, what: &str) {
        let path = tools::artifacts().join(format!("language-{}-{what}.png", self.language));
        self.page.screenshot(&path.to_string_lossy()).await;
    }

    /// Looks at what a button opens, and closes it.
    async fn check_dialog(&self, control: &str, screen: &str) {
        let button = format!("document.querySelector('[data-control={control}]').click()");
        self.page.eval(&button, vec![]).await;
        self.check_open(screen).await;
    }

    /// Looks at a dialog, and closes it.
    async fn check_open(&self, screen: &str) {
        self.shows(&format!("dialog.{screen}[open]")).await;
        self.check_within(screen, Some("dialog")).await;
        self.page.eval("document.querySelector('dialog').close()", vec![]).await;
        self.page
            .eval("while (document.querySelector('dialog')) await new Promise(requestAnimationFrame)", vec![])
            .await;
    }

    async fn shows(&self, selector: &str) {
        self.page.until(selector, &format!("document.querySelector({})", json!(selector))).await;
    }
}

/// Ann goes through all there is, with Ben, who speaks English.
async fn goes_through(ann: &Page, ben: &Page, language: &str) {
    let speaking = Speaking::of(ann, language).await;
    speaking.check("lobby").await;
    speaking.check_dialog("settings", "settings").await;
    ann.type_keys("?").await;
    speaking.check_open("shortcuts").await;
    ann.press("check").await;
    ann.wait_until("a check that has ended", |snapshot| snapshot.control("close-check").is_some()).await;
    speaking.shows("[data-check-state=passed]").await;
    speaking.check("check").await;
    goes_through_call(&speaking, ben).await;
    speaking.check("left").await;
}

async fn goes_through_call(speaking: &Speaking<'_>, ben: &Page) {
    let ann = speaking.page;
    for page in [ann, ben] {
        join(page, "tea").await;
    }
    sees(ann, &["Ben"]).await;
    speaking.check("stage").await;
    for (control, screen) in [("layout", "layouts"), ("record", "recording"), ("details", "details")] {
        speaking.check_dialog(control, screen).await;
    }
    ann.press("chat").await;
    speaking.shows(".chat textarea").await;
    speaking.check_within("chat", Some(".chat")).await;
    ben.press("chat").await;
    ben.until("the panel", "document.querySelector('.chat input[type=file]')").await;
    ben.eval(OFFER, vec![]).await;
    speaking.shows(".chat .file").await;
    ann.eval("document.querySelector('.chat .give').open = true", vec![]).await;
    speaking.check_within("files", Some(".chat")).await;
    for page in [ann, ben] {
        page.press("leave").await;
        page.wait_until("to be out", |snapshot| snapshot.state == "left").await;
    }
    ben.press("lobby").await;
}

/// Goes through every screen in each of these languages.
pub(crate) async fn every_screen_in(languages: &[&str]) {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    for language in languages {
        goes_through(&ann, &ben, language).await;
    }
}

#[tokio::test]
async fn the_page_speaks_what_the_browser_asks_for_until_somebody_chooses() {
    let server = Server::start().await;
    for browser in [
        Browser::start(Setup::small_chrome().with("--accept-lang=nl,de-AT,fr")).await,
        Browser::start(Setup::small_firefox().pref("intl.accept_languages", json!("nl,de-AT,fr"))).await,
    ] {
        let page = browser.open("Ann", &server.url()).await;
        let says = async |text: &str| {
            page.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
            let button =
                page.eval("return document.querySelector('[data-control=join]').innerText", vec![]).await;
            assert_eq!(button, text);
        };
        says("Beitreten").await;
        page.press("settings").await;
        let choose = "
            let list; while (!(list = document.querySelector('[data-language] select'))) await new Promise(requestAnimationFrame);
            list.value = 'es';
            list.dispatchEvent(new Event('change', { bubbles: true }));
            return document.querySelector('[data-language] .hint').textContent;";
        assert_ne!(page.eval(choose, vec![]).await, "");
        page.reload().await;
        says("Entrar").await;
        assert_eq!(page.snapshot().await.errors, [""; 0]);
    }
}
