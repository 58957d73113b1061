//! Layouts, pins, and what else people do with the stage: whatever it is, every picture goes on in the element that it had.

use std::sync::Arc;

use serde_json::{Value, json};
use visavis_e2e::call::{all_see_and_hear, join, sees};
use visavis_e2e::screen::start_sharing;
use visavis_e2e::snapshot::Rect;
use visavis_e2e::{Browser, Page, Server, Setup, Snapshot, tools};

const ESCAPE: &str = "\u{E00C}";
/// More frames than were on their way.
const FRAMES: u64 = 4;

/// Counts what must not happen to pictures: that one is taken out of the page, or plays something else.
const WATCH: &str = r"
window.__stage = { removed: 0, replaced: 0 };
const isPicture = node => node.localName === 'video' || Boolean(node.querySelector?.('video'));
new MutationObserver(records => {
  for (const { removedNodes } of records) __stage.removed += [...removedNodes].filter(isPicture).length;
}).observe(document.querySelector('.tiles'), { childList: true, subtree: true });
const { get, set } = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'srcObject');
Object.defineProperty(HTMLMediaElement.prototype, 'srcObject', {
  configurable: true,
  get,
  set(stream) {
    // The first of a new tile replaces nothing.
    if (this.closest('.tiles') && get.call(this)) __stage.replaced += 1;
    set.call(this, stream);
  },
});
";

/// Somebody in a call who looks at their stage.
struct Stage {
    page: Page,
    /// The names on the tiles that are shown.
    shown: Vec<&'static str>,
}

impl Stage {
    async fn new(page: Page, shown: &[&'static str]) -> Self {
        page.eval(WATCH, vec![]).await;
        Self { page, shown: shown.to_vec() }
    }

    /// Every picture that is shown goes on after `action`, in the element that it had before.
    async fn after(&self, action: &str, before: &Snapshot) {
        let pictures = |snapshot: &Snapshot| -> Option<Vec<(u32, u64)>> {
            let picture = |name: &&str| {
                let video = snapshot.tile(name)?.video.as_ref()?;
                video.visible.then_some((video.number, video.frames))
            };
            self.shown.iter().map(picture).collect()
        };
        // Also before: an action that took a second would hide that nothing moved until then.
        let (first, page) = (pictures(before).expect("everybody is shown"), &self.page);
        let shown = |snapshot: &Snapshot| pictures(snapshot).is_some();
        let now = page.wait_until(&format!("everybody to be shown after {action}"), shown).await;
        let since = pictures(&now).expect("everybody is shown");
        page.wait_until(&format!("everybody to move on after {action}"), |snapshot| {
            pictures(snapshot).is_some_and(|now| {
                now.iter().zip(&since).zip(&first).all(|((now, since), first)| {
                    now.0 == first.0 && now.1 >= since.1 + FRAMES && since.1 >= first.1
                })
            })
        })
        .await;
        let disturbed = page.eval("return __stage", vec![]).await;
        assert_eq!(disturbed, json!({ "removed": 0, "replaced": 0 }), "after {action}");
    }

    /// Does something, and sees every picture go on.
    async fn does(&self, action: &str, act: impl AsyncFnOnce(&Page)) {
        let before = self.page.snapshot().await;
        act(&self.page).await;
        self.after(action, &before).await;
    }

    /// Chooses a layout in the menu.
    async fn chooses(&self, layout: &str) {
        self.does(layout, async |page| {
            page.type_keys("l").await;
            wait_for(page, "return Boolean(document.querySelector('dialog.layouts'))").await;
            page.click(&format!("dialog.layouts [value={layout}]")).await;
            page.type_keys(ESCAPE).await;
            let closed = "return !document.querySelector('dialog') \
                          && document.activeElement.dataset.control === 'layout'";
            wait_for(page, closed).await;
            let chosen = format!("return document.querySelector('.tiles').dataset.layout === '{layout}'");
            wait_for(page, &chosen).await;
        })
        .await;
    }

    /// The name on the large tile; empty if there is none.
    async fn large(&self) -> String {
        let script = "return document.querySelector('[data-large] .name')?.textContent ?? ''";
        self.page.eval(script, vec![]).await.as_str().unwrap_or_default().to_owned()
    }

    async fn is_large(&self, name: &str) {
        let script =
            format!("return (document.querySelector('[data-large] .name')?.textContent ?? '') === '{name}'");
        wait_for(&self.page, &script).await;
    }

    async fn presses_in_tile_of(&self, name: &str, selector: &str) {
        let id = self.page.snapshot().await.tile(name).expect("they have a tile").id.clone();
        self.page.click(&format!("[data-participant='{id}'][data-source=camera] {selector}")).await;
    }

    async fn saves(&self, name: &str) {
        let kind = self.page.browser().kind();
        let path = tools::artifacts().join(format!("{kind:?}-layout-{name}.png"));
        self.page.screenshot(&path.to_string_lossy()).await;
    }
}

/// Waits until the body of a function returns true in the page.
async fn wait_for(page: &Page, condition: &str) {
    let wait = format!(
        "const holds = () => {{ {condition} }}; \
         for (let i = 0; i < 600; i++) {{ if (holds()) return true; await new Promise(done => setTimeout(done, 50)); }} \
         return document.querySelector('.stage')?.outerHTML;"
    );
    let found = page.eval(&wait, vec![]).await;
    assert_eq!(found, Value::Bool(true), "{}: {condition}", page.name());
}

fn rect(snapshot: &Snapshot, name: &str) -> Rect {
    snapshot.tile(name).expect("they have a tile").rect
}

/// These people meet; the first one looks at the stage.
async fn meet(browser: &Arc<Browser>, server: &Server, names: &[&str]) -> Vec<Page> {
    let mut pages = Vec::new();
    for name in names {
        let page = browser.open(name, &server.url()).await;
        join(&page, "tea").await;
        pages.push(page);
    }
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;
    pages
}

/// Every layout, and a pin in each.
async fn goes_through_layouts(stage: &Stage, pinned: &'static str) {
    for layout in ["spotlight", "sidebar", "automatic", "grid", "spotlight"] {
        stage.chooses(layout).await;
        let has_large = ["spotlight", "sidebar"].contains(&layout);
        assert_eq!(!stage.large().await.is_empty(), has_large, "{layout}");
        stage.saves(layout).await;
        stage
            .does(&format!("a pin in {layout}"), async |_| {
                stage.presses_in_tile_of(pinned, "[data-control=pin]").await;
                stage.is_large(pinned).await;
            })
            .await;
        let snapshot = stage.page.snapshot().await;
        for other in stage.shown.iter().filter(|name| **name != pinned) {
            assert!(rect(&snapshot, other).size() < rect(&snapshot, pinned).size() / 2.0, "{snapshot}");
            assert!(!rect(&snapshot, other).overlaps(&rect(&snapshot, pinned)), "{snapshot}");
        }
        stage
            .does("taking the pin out", async |_| {
                stage.presses_in_tile_of(pinned, "[data-control=pin]").await;
                wait_for(&stage.page, "return !document.querySelector('[data-pinned]')").await;
            })
            .await;
    }
}

/// These people go through all layouts, and one of them shares a screen.
pub(crate) async fn go_through_layouts(names: &[&'static str]) {
    let server = Server::start().await;
    let browser = Browser::start(Setup::small_chrome()).await;
    let mut pages = meet(&browser, &server, names).await;
    let stage = Stage::new(pages.remove(0), names).await;
    goes_through_layouts(&stage, names[1]).await;
    for (width, height) in [(360, 740), (740, 360), (1280, 800)] {
        stage.does("another size", async |page| page.resize(width, height).await).await;
        stage.saves(&format!("spotlight-{width}x{height}")).await;
    }
    shares_a_screen(&stage, &pages[0]).await;
}

/// Beside a screen everybody goes on, whatever the size of the window.
async fn shares_a_screen(stage: &Stage, who: &Page) {
    let screen = format!("{}: screen", who.name());
    stage.chooses("automatic").await;
    start_sharing(who).await;
    stage.is_large(&screen).await;
    let before = stage.page.snapshot().await;
    stage.after("a shared screen", &before).await;
    for (width, height) in [(360, 740), (740, 360)] {
        // Beside a screen a small stage has no place for everybody: the others are on its next page.
        stage.page.resize(width, height).await;
        wait_for(&stage.page, "return document.querySelector('[data-page=next]') !== null").await;
        stage.is_large(&screen).await;
        stage.saves(&format!("sidebar-{width}x{height}")).await;
    }
    stage.page.resize(1280, 800).await;
    stage.after("other sizes beside a screen", &before).await;
}

#[tokio::test]
async fn layouts_in_firefox_move_tiles_and_nothing_else() {
    let server = Server::start().await;
    let browser = Browser::firefox().await;
    let mut pages = meet(&browser, &server, &["Ann", "Ben", "Cem"]).await;
    let stage = Stage::new(pages.remove(0), &["Ann", "Ben", "Cem"]).await;
    goes_through_layouts(&stage, "Ben").await;
}

/// Switches a microphone, and waits until that is so.
async fn microphone(page: &Page, state: &str) {
    page.press("microphone").await;
    page.wait_until(&format!("the microphone to be {state}"), |snapshot| {
        snapshot.control("microphone").is_some_and(|control| control.state == state)
    })
    .await;
}

/// The names on the tiles that say that somebody speaks are these.
async fn only_speaks(page: &Page, names: &[&str]) {
    let condition = format!(
        "const speaking = [...document.querySelectorAll('[data-speaking] .name')].map(it => it.textContent); \
         return JSON.stringify(speaking) === '{}'",
        json!(names)
    );
    wait_for(page, &condition).await;
}

/// Somebody in a small window who says nothing yet.
async fn join_muted(browser: &Arc<Browser>, server: &Server, name: &str) -> Page {
    let page = browser.open(name, &server.url()).await;
    page.resize(360, 640).await;
    join(&page, "tea").await;
    microphone(&page, "off").await;
    page
}

/// In this browser, the stage follows two others who speak in turn.
pub(crate) async fn follows_whoever_speaks(viewer: Setup) {
    let server = Server::start().await;
    let quiet = Browser::start(viewer).await;
    let speaking = Browser::start(Setup::speaking_chrome()).await;
    let ann = quiet.open("Ann", &server.url()).await;
    join(&ann, "tea").await;
    microphone(&ann, "off").await;
    let (ben, cem) =
        (join_muted(&speaking, &server, "Ben").await, join_muted(&speaking, &server, "Cem").await);
    sees(&ann, &["Ben", "Cem"]).await;
    let stage = Stage::new(ann, &["Ann", "Ben", "Cem"]).await;
    only_speaks(&stage.page, &[]).await;
    stage
        .does("somebody who speaks", async |page| {
            microphone(&ben, "on").await;
            only_speaks(page, &["Ben"]).await;
        })
        .await;
    stage.saves("speaking").await;
    stage.chooses("spotlight").await;
    stage.is_large("Ben").await;
    stage
        .does("a second one who speaks", async |page| {
            microphone(&cem, "on").await;
            only_speaks(page, &["Ben", "Cem"]).await;
            stage.is_large("Ben").await;
        })
        .await;
    stage
        .does("the first one who is silent", async |page| {
            microphone(&ben, "off").await;
            only_speaks(page, &["Cem"]).await;
            stage.is_large("Cem").await;
        })
        .await;
    stage
        .does("silence", async |page| {
            microphone(&cem, "off").await;
            only_speaks(page, &[]).await;
            stage.is_large("Cem").await;
        })
        .await;
}

#[tokio::test]
async fn the_stage_follows_whoever_speaks() {
    follows_whoever_speaks(Setup::small_chrome()).await;
}

/// Where our own picture stands: whether in the upper half, and whether in the left one.
async fn own_corner(page: &Page) -> (bool, bool) {
    let snapshot = page.snapshot().await;
    let Rect { x, y, width, height } = rect(&snapshot, page.name());
    (y + height / 2.0 < snapshot.height / 2.0, x + width / 2.0 < snapshot.width / 2.0)
}

/// Drags our own picture to these coordinates with a mouse, as a person does.
const DRAG: &str = r"
const [x, y] = arguments;
const tile = document.querySelector('.tile[data-floating]');
const { left, top, width, height } = tile.getBoundingClientRect();
const steps = 5;
const at = step => {
  const [fromX, fromY] = [left + width / 2, top + height / 4];
  return { clientX: fromX + (x - fromX) * step / steps, clientY: fromY + (y - fromY) * step / steps };
};
const fire = (type, step) => tile.dispatchEvent(new PointerEvent(type, { ...at(step), pointerId: 1, bubbles: true }));
fire('pointerdown', 0);
for (let step = 1; step <= steps; step++) {
  fire('pointermove', step);
  await new Promise(painted => requestAnimationFrame(painted));
}
const moved = tile.getBoundingClientRect();
fire('pointerup', steps);
return Math.abs(moved.left - left) + Math.abs(moved.top - top) > 50;
";

#[tokio::test]
async fn our_own_picture_is_moved_and_hidden_and_goes_on_for_the_others() {
    const ARROW_UP: &str = "\u{E013}";
    const ARROW_LEFT: &str = "\u{E012}";
    let server = Server::start().await;
    let browser = Browser::start(Setup::small_chrome()).await;
    let mut pages = meet(&browser, &server, &["Ann", "Ben"]).await;
    let mut stage = Stage::new(pages.remove(0), &["Ann", "Ben"]).await;
    let ben = Stage::new(pages.remove(0), &["Ann", "Ben"]).await;
    stage.chooses("spotlight").await;
    wait_for(&stage.page, "return Boolean(document.querySelector('[data-self][data-floating]'))").await;
    assert_eq!(own_corner(&stage.page).await, (false, false));
    stage
        .does("the arrow keys", async |page| {
            page.eval("document.querySelector('[data-floating]').focus()", vec![]).await;
            page.type_keys(ARROW_UP).await;
            page.type_keys(ARROW_LEFT).await;
            assert_eq!(own_corner(page).await, (true, true));
        })
        .await;
    stage
        .does("a drag", async |page| {
            assert_eq!(page.eval(DRAG, vec![900.into(), 600.into()]).await, true, "it follows");
            assert_eq!(own_corner(page).await, (false, false));
        })
        .await;
    stage.saves("own-corner").await;
    stage.page.eval("document.querySelector('.frame').dir = 'rtl'", vec![]).await;
    stage.does("another direction", async |page| assert_eq!(own_corner(page).await, (false, true))).await;
    stage.saves("own-corner-rtl").await;
    stage.page.eval("document.querySelector('.frame').dir = 'ltr'", vec![]).await;

    let before = ben.page.snapshot().await;
    stage.shown = vec!["Ben"];
    stage
        .does("hiding our own picture", async |page| {
            page.type_keys("l").await;
            page.click("dialog.layouts [name=hide-own]").await;
            wait_for(page, "return Boolean(document.querySelector('.tile[data-self][hidden]'))").await;
            wait_for(page, "return document.querySelector('.toast')?.textContent.includes('others still')")
                .await;
            page.type_keys(ESCAPE).await;
        })
        .await;
    ben.after("Ann hid herself from herself", &before).await;
    stage.saves("own-hidden").await;
    stage
        .does("showing it again", async |page| {
            page.type_keys("l").await;
            page.click("dialog.layouts [name=hide-own]").await;
            page.type_keys(ESCAPE).await;
            wait_for(page, "return !document.querySelector('.tile[data-self][hidden]')").await;
        })
        .await;
    stage.shown = vec!["Ann", "Ben"];
    stage.does("nothing more", async |_| {}).await;
}

/// How the large picture is transformed: how much larger, and where its corner is.
async fn closeup(page: &Page) -> [f64; 3] {
    let script = "const { a, e, f } = new DOMMatrix(getComputedStyle(document.querySelector('[data-large] video')).transform); \
                  return [a, e, f];";
    serde_json::from_value(page.eval(script, vec![]).await).expect("three numbers")
}

/// Does something with a pointer at a point of the large tile, given in shares of its sides.
async fn point(page: &Page, event: &str, x: f64, y: f64, more: &str) {
    let script = format!(
        "const tile = document.querySelector('[data-large]'); \
         const {{ left, top, width, height }} = tile.getBoundingClientRect(); \
         const at = {{ clientX: left + width * {x}, clientY: top + height * {y}, bubbles: true, cancelable: true }}; \
         tile.querySelector('video').dispatchEvent(new {event}, {{ ...at, {more} }}));"
    );
    page.eval(&script, vec![]).await;
}

async fn pinches(stage: &Stage) {
    stage
        .does("two fingers", async |page| {
            point(page, "PointerEvent('pointerdown'", 0.4, 0.5, "pointerId: 1").await;
            point(page, "PointerEvent('pointerdown'", 0.6, 0.5, "pointerId: 2").await;
            point(page, "PointerEvent('pointermove'", 0.8, 0.5, "pointerId: 2").await;
            for id in ["pointerId: 1", "pointerId: 2"] {
                point(page, "PointerEvent('pointerup'", 0.8, 0.5, id).await;
            }
            assert!(closeup(page).await[0] > 2.4, "twice as far apart");
        })
        .await;
}

async fn gets_the_screen_and_gives_it_back(stage: &Stage) {
    for fills in [true, false] {
        stage
            .does("the whole screen for one tile", async |page| {
                page.click("[data-large] [data-tool=fullscreen]").await;
                let is =
                    format!("return Boolean(document.querySelector('[data-large]:fullscreen')) === {fills}");
                wait_for(page, &is).await;
            })
            .await;
    }
}

#[tokio::test]
async fn a_shared_screen_is_looked_at_closely_and_fills_the_screen() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::small_chrome()).await;
    let mut pages = meet(&browser, &server, &["Ann", "Ben"]).await;
    let stage = Stage::new(pages.remove(0), &["Ann", "Ben"]).await;
    start_sharing(&pages[0]).await;
    stage.is_large("Ben: screen").await;
    let before = stage.page.snapshot().await;
    stage.after("a shared screen", &before).await;
    stage
        .does("the keys", async |page| {
            page.type_keys("+").await;
            page.type_keys("+").await;
            assert_eq!(closeup(page).await[0], 1.56);
            page.type_keys("-").await;
            assert_eq!(closeup(page).await[0], 1.24);
            page.type_keys("0").await;
            assert_eq!(closeup(page).await, [1.0, 0.0, 0.0]);
        })
        .await;
    stage
        .does("the wheel", async |page| {
            point(page, "WheelEvent('wheel'", 1.0, 1.0, "deltaY: -400").await;
            let [scale, x, y] = closeup(page).await;
            assert_eq!(scale, 1.25);
            assert!(x < -50.0, "the lower right corner stays: {x} {y}");
            assert!(y < -50.0, "the lower right corner stays: {x} {y}");
        })
        .await;
    stage.saves("closeup").await;
    stage
        .does("a drag", async |page| {
            point(page, "PointerEvent('pointerdown'", 0.3, 0.3, "pointerId: 1").await;
            point(page, "PointerEvent('pointermove'", 0.9, 0.9, "pointerId: 1").await;
            point(page, "PointerEvent('pointerup'", 0.9, 0.9, "pointerId: 1").await;
            assert_eq!(closeup(page).await, [1.25, 0.0, 0.0], "as far as its upper left corner");
        })
        .await;
    pinches(&stage).await;
    stage
        .does("a double click", async |page| {
            point(page, "MouseEvent('dblclick'", 0.5, 0.5, "").await;
            assert_eq!(closeup(page).await, [1.0, 0.0, 0.0]);
        })
        .await;
    gets_the_screen_and_gives_it_back(&stage).await;
}

/// How many frames the picture in the small window has shown; -1 if there is none.
const SMALL_WINDOW: &str = "return documentPictureInPicture.window?.document.querySelector('video')\
                            ?.getVideoPlaybackQuality().totalVideoFrames ?? -1";

#[tokio::test]
async fn a_small_window_shows_the_large_picture_beside_the_stage() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::small_chrome()).await;
    let mut pages = meet(&browser, &server, &["Ann", "Ben", "Cem"]).await;
    let stage = Stage::new(pages.remove(0), &["Ann", "Ben", "Cem"]).await;
    let press = async |page: &Page, selector: &str| {
        let script = format!("documentPictureInPicture.window.document.querySelector('{selector}').click()");
        page.eval(&script, vec![]).await;
    };
    let opens = async |page: &Page| {
        page.type_keys("l").await;
        wait_for(page, "return document.querySelector('dialog.layouts [data-small-window]') !== null").await;
        page.click("dialog.layouts [data-small-window]").await;
        wait_for(page, "return Boolean(documentPictureInPicture.window?.document.querySelector('video'))")
            .await;
    };
    let moves = async |page: &Page| {
        let before = page.eval(SMALL_WINDOW, vec![]).await.as_i64().unwrap_or(-1);
        let condition = ["return (() => { ", SMALL_WINDOW, &format!(" }})() > {}", before + 3)].concat();
        wait_for(page, &condition).await;
    };
    stage.does("opening a small window", opens).await;
    moves(&stage.page).await;
    stage
        .does("another large picture", async |page| {
            stage.presses_in_tile_of("Cem", "[data-control=pin]").await;
            let shown =
                "return documentPictureInPicture.window.document.querySelector('p').textContent === 'Cem'";
            wait_for(page, shown).await;
            wait_for(page, "return document.querySelectorAll('[data-picture-in-picture]').length === 1")
                .await;
        })
        .await;
    moves(&stage.page).await;
    stage
        .does("muting there", async |page| {
            press(page, "[data-press=microphone]").await;
            page.wait_until("the microphone to be off", |snapshot| {
                snapshot.control("microphone").is_some_and(|control| control.state == "off")
            })
            .await;
            let said = "return documentPictureInPicture.window.document\
                        .querySelector('[data-press=microphone]').textContent === 'Unmute'";
            wait_for(page, said).await;
        })
        .await;
    stage
        .does("closing it", async |page| {
            page.eval("documentPictureInPicture.window.close()", vec![]).await;
            wait_for(page, "return !document.querySelector('[data-picture-in-picture]')").await;
        })
        .await;
    stage.does("opening it again", opens).await;
    press(&stage.page, "[data-press=leave]").await;
    stage.page.wait_until("to be out", |snapshot| snapshot.state == "left").await;
    wait_for(&stage.page, "return !documentPictureInPicture.window").await;
}
