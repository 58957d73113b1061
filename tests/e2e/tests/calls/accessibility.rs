//! For people who do not see the page, or do not use a mouse.

use serde_json::{Value, json};
use visavis_e2e::call::join;
use visavis_e2e::{Browser, Page, Server};

use crate::webkit::LAYOUT_ISSUES;

const TAB: &str = "\u{E004}";
const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";

/// What has the focus: the name of a field or control.
async fn focus(page: &Page) -> String {
    let script = "const it = document.activeElement; return it?.name || it?.dataset.control || '';";
    page.eval(script, vec![]).await.as_str().unwrap_or_default().to_owned()
}

/// Presses Tab until this has the focus.
async fn tab_to(page: &Page, name: &str) {
    let mut passed = Vec::new();
    for _ in 0..20 {
        if focus(page).await == name {
            return;
        }
        page.type_keys(TAB).await;
        passed.push(focus(page).await);
    }
    panic!("Tab never reached {name}; it passed {passed:?}");
}

#[tokio::test]
async fn a_keyboard_is_enough() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let ben = browser.open("Ben", &server.url()).await;
    join(&ben, "tea").await;
    let ann = browser.open("Ann", &server.url()).await;
    // A laptop at 200 % zoom.
    ann.resize(640, 400).await;
    ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    // An empty field, whatever the lobby proposes.
    ann.fill("input[name=room]", "").await;
    ann.eval("document.activeElement.blur()", vec![]).await;
    tab_to(&ann, "room").await;
    ann.type_keys("tea").await;
    tab_to(&ann, "name").await;
    ann.type_keys("Ann").await;
    tab_to(&ann, "join").await;
    ann.type_keys(ENTER).await;
    ann.wait_until("to be in the room", |snapshot| {
        snapshot.state == "joined" && snapshot.tile("Ben").is_some()
    })
    .await;

    ann.wait_until("the microphone to be on", |snapshot| {
        snapshot.control("microphone").is_some_and(|control| control.state == "on")
    })
    .await;
    for state in ["off", "on"] {
        ann.type_keys("m").await;
        ben.wait_until(&format!("Ann's microphone to be {state}"), |snapshot| {
            snapshot.tile("Ann").is_some_and(|tile| tile.microphone == state)
        })
        .await;
    }
    for filled in [true, false] {
        ann.type_keys("f").await;
        fills_the_screen(&ann, filled).await;
    }
    tab_to(&ann, "more").await;
    ann.type_keys(ENTER).await;
    tab_to(&ann, "hand").await;
    ann.type_keys(ENTER).await;
    ben.until("her hand", "document.querySelector('.plate .hand')").await;
    has_focus(&ann, "more").await;
    tab_to(&ann, "leave").await;
    ann.type_keys(ENTER).await;
    ann.wait_until("to be out", |snapshot| snapshot.state == "left").await;
}

async fn has_focus(page: &Page, control: &str) {
    page.until(
        &format!("the focus on {control}"),
        &format!("document.activeElement.dataset.control === '{control}'"),
    )
    .await;
}

/// The controls of the call that are shown, in their order.
const SHOWN: &str = "
return [...document.querySelectorAll('.bar [data-control]')]
  .filter(it => it.getClientRects().length && !it.closest('.preview')).map(it => it.dataset.control);";

#[tokio::test]
async fn a_menu_has_what_a_narrow_bar_has_no_room_for() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    join(&ann, "tea").await;
    let wide = ann.eval(SHOWN, vec![]).await;
    for (width, height) in [(360, 740), (740, 360)] {
        ann.resize(width, height).await;
        ann.until("a button of the menu", "document.querySelector('[data-control=more]').offsetParent").await;
        let narrow = json!(["microphone", "camera", "screen", "chat", "more", "leave"]);
        assert_eq!(ann.eval(SHOWN, vec![]).await, narrow, "at {width}x{height}");
        ann.press("more").await;
        has_focus(&ann, "hand").await;
        assert_eq!(ann.eval(LAYOUT_ISSUES, vec![json!(".rest")]).await, json!([]), "at {width}x{height}");
        assert_accessible(&ann, "the menu").await;
        ann.type_keys(ESCAPE).await;
        has_focus(&ann, "more").await;
        assert_eq!(ann.eval(SHOWN, vec![]).await, narrow, "at {width}x{height}");
        // What is chosen closes it, and so does what is clicked beside it.
        ann.press("more").await;
        settings_are_accessible_from(&ann, "more").await;
        ann.press("more").await;
        ann.press("microphone").await;
        ann.until("no menu", "!document.querySelector('.rest[data-open]')").await;
    }
    ann.resize(1280, 800).await;
    ann.until("no button of a menu", "!document.querySelector('[data-control=more]').offsetParent").await;
    assert_eq!(ann.eval(SHOWN, vec![]).await, wide);
}

async fn fills_the_screen(page: &Page, filled: bool) {
    let wait = "const [filled] = arguments; \
                const is = () => (document.fullscreenElement?.localName === 'visavis-room') === filled; \
                while (!is()) await new Promise(done => setTimeout(done, 50)); return true;";
    assert_eq!(page.eval(wait, vec![filled.into()]).await, true);
}

#[tokio::test]
async fn enter_in_a_field_joins() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    ann.fill("input[name=room]", "tea").await;
    ann.fill("input[name=name]", "Ann").await;
    ann.type_keys(ENTER).await;
    ann.wait_until("to be in the room", |snapshot| snapshot.state == "joined").await;
}

/// Roles of things that are worked with: each needs a name.
const NAMED_ROLES: [&str; 10] =
    ["button", "textbox", "link", "toolbar", "region", "image", "combobox", "checkbox", "meter", "dialog"];

/// What the document lacks for somebody who hears it read out.
const ACCESSIBILITY_ISSUES: &str = r"
const issues = [];
if (!document.documentElement.lang) issues.push('a language');
if (!document.title.trim()) issues.push('a title');
if (!document.querySelector('[aria-live], [role=status], [role=alert], [role=log]')) issues.push('a live region');
for (const image of document.querySelectorAll('svg, img')) {
  const hidden = image.closest('[aria-hidden=true], [hidden]');
  if (!hidden && !image.getAttribute('aria-label') && !image.alt) issues.push(`a name for ${image.outerHTML.slice(0, 90)}`);
}
const ids = [...document.querySelectorAll('[id]')].map(element => element.id);
if (new Set(ids).size !== ids.length) issues.push('unique ids');
return issues;
";

pub(crate) async fn assert_accessible(page: &Page, place: &str) {
    assert_eq!(page.eval(ACCESSIBILITY_ISSUES, vec![]).await, json!([]), "what {place} lacks");
    page.cdp("Accessibility.enable", json!({})).await;
    let tree = page.cdp("Accessibility.getFullAXTree", json!({})).await;
    let nodes = tree["nodes"].as_array().expect("a list of nodes");
    let is_nameless = |node: &&Value| {
        let role = node["role"]["value"].as_str().unwrap_or_default();
        node["ignored"] == false
            && NAMED_ROLES.contains(&role)
            && node["name"]["value"].as_str().unwrap_or_default().trim().is_empty()
    };
    let nameless: Vec<&Value> = nodes.iter().filter(is_nameless).collect();
    assert!(nameless.is_empty(), "without a name in {place}: {nameless:#?}");
    let buttons = nodes.iter().filter(|node| node["role"]["value"] == "button").count();
    assert!(buttons >= 1, "{place} has a button");
}

/// Whether the focus is in the dialog, or nowhere.
const FOCUS_IN_DIALOG: &str =
    "return Boolean(document.activeElement.closest('dialog')) || document.activeElement === document.body";

/// The keyboard stays inside of the settings, Escape closes them, and the focus is where it was.
async fn settings_are_accessible(page: &Page) {
    settings_are_accessible_from(page, "settings").await;
}

/// The same; the focus comes back to this button.
async fn settings_are_accessible_from(page: &Page, opener: &str) {
    page.press("settings").await;
    let open = "while (!document.querySelector('dialog[open] option')) await new Promise(done => setTimeout(done, 50));";
    page.eval(open, vec![]).await;
    assert_accessible(page, "the settings").await;
    for _ in 0..12 {
        page.type_keys(TAB).await;
        assert_eq!(page.eval(FOCUS_IN_DIALOG, vec![]).await, true, "the focus stays in the dialog");
    }
    page.type_keys(ESCAPE).await;
    page.until("no dialog", "!document.querySelector('dialog')").await;
    has_focus(page, opener).await;
}

/// Chat and reactions are reached, worded and closed by keys.
async fn chat_is_accessible(page: &Page) {
    page.press("react").await;
    let inside = |selector: &str| {
        format!(
            "while (!document.activeElement.closest('{selector}')) await new Promise(done => setTimeout(done, 50));"
        )
    };
    page.eval(&inside(".picker"), vec![]).await;
    page.press("chat").await;
    page.eval(&inside(".chat"), vec![]).await;
    page.type_keys("hello https://example.org").await;
    page.type_keys(ENTER).await;
    let written =
        "while (!document.querySelector('.chat a')) await new Promise(done => setTimeout(done, 50));";
    page.eval(written, vec![]).await;
    assert_accessible(page, "the chat").await;
    for (closed, button) in [(".picker", "react"), (".chat", "chat")] {
        page.type_keys(ESCAPE).await;
        let script = format!(
            "while (document.querySelector('{closed}') || document.activeElement.dataset.control !== '{button}') \
             await new Promise(done => setTimeout(done, 50));"
        );
        page.eval(&script, vec![]).await;
    }
}

/// The keyboard reaches the details and stays inside, and the focus is where it was when they are closed.
async fn details_are_accessible(page: &Page) {
    page.eval("document.querySelector('[data-control=details]').focus()", vec![]).await;
    page.type_keys(ENTER).await;
    let open = "while (!document.querySelector('dialog.details svg')) await new Promise(done => setTimeout(done, 50));";
    page.eval(open, vec![]).await;
    assert_accessible(page, "the details").await;
    for _ in 0..6 {
        page.type_keys(TAB).await;
        assert_eq!(page.eval(FOCUS_IN_DIALOG, vec![]).await, true, "the focus stays in the dialog");
    }
    page.type_keys(ESCAPE).await;
    let closed = "while (document.querySelector('dialog') || document.activeElement.dataset.control !== 'details') \
                  await new Promise(done => setTimeout(done, 50));";
    page.eval(closed, vec![]).await;
}

/// What is wrong with the sheet of shortcuts: keys of buttons that it has not; and how many it has.
const SHORTCUTS: &str = r"
const listed = [...document.querySelectorAll('dialog.shortcuts [data-key]')].map(row => row.dataset.key);
const keys = [...document.querySelectorAll('[aria-keyshortcuts]')].map(it => it.getAttribute('aria-keyshortcuts'));
return [keys.filter(key => !listed.includes(key)), keys.length > 0, listed.length];";

/// The question mark opens it, Escape closes it, and the focus is where it was.
async fn shortcuts_are_listed(page: &Page, place: &str) {
    page.eval("document.querySelector(':not([inert] *)[data-control=settings]').focus()", vec![]).await;
    page.type_keys("?").await;
    let open = "while (!document.querySelector('dialog.shortcuts')) await new Promise(done => setTimeout(done, 50));";
    page.eval(open, vec![]).await;
    assert_eq!(page.eval(SHORTCUTS, vec![]).await, json!([[], true, 18]), "in {place}");
    assert_accessible(page, &format!("the shortcuts in {place}")).await;
    assert_eq!(page.eval(FOCUS_IN_DIALOG, vec![]).await, true, "the focus is in the dialog");
    page.type_keys(ESCAPE).await;
    let closed = "while (document.querySelector('dialog') || document.activeElement.dataset.control !== 'settings') \
                  await new Promise(done => setTimeout(done, 50));";
    page.eval(closed, vec![]).await;
}

#[tokio::test]
async fn a_question_mark_lists_the_shortcuts() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    shortcuts_are_listed(&ann, "the lobby").await;
    join(&ann, "tea").await;
    shortcuts_are_listed(&ann, "a call").await;
    ann.press("settings").await;
    let open = "while (!document.querySelector('dialog [data-shortcuts]')) await new Promise(done => setTimeout(done, 50));";
    ann.eval(open, vec![]).await;
    ann.click("[data-shortcuts]").await;
    let on_top = "while (!document.querySelector('dialog.shortcuts')) await new Promise(done => setTimeout(done, 50));";
    ann.eval(on_top, vec![]).await;
    ann.type_keys(ESCAPE).await;
    let back = "while (document.querySelector('dialog.shortcuts') || !document.activeElement.matches('[data-shortcuts]')) \
                await new Promise(done => setTimeout(done, 50));";
    ann.eval(back, vec![]).await;
}

#[tokio::test]
async fn everything_has_a_name_for_those_who_hear_the_page() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    ann.wait_until("the lobby", |snapshot| snapshot.control("join").is_some()).await;
    assert_accessible(&ann, "the lobby").await;
    settings_are_accessible(&ann).await;
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    ann.wait_until("Ben", |snapshot| snapshot.tile("Ben").is_some_and(|tile| tile.connection == "connected"))
        .await;
    assert_accessible(&ann, "the call view").await;
    settings_are_accessible(&ann).await;
    chat_is_accessible(&ann).await;
    details_are_accessible(&ann).await;
    ann.press("leave").await;
    ann.wait_until("to be out", |snapshot| snapshot.state == "left").await;
    assert_accessible(&ann, "the way out").await;
}
