//! Chat, raised hands and reactions.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::call::{join, pictures, pictures_go_on, sees, sees_and_hears};
use visavis_e2e::{Browser, Page, Server, tools};

const ENTER: &str = "\u{E007}";
const ESCAPE: &str = "\u{E00C}";
const SHIFT: &str = "\u{E008}";

/// The messages in the panel: who, and what.
const MESSAGES: &str = "[...document.querySelectorAll('.chat .message')]
  .map(one => [one.querySelector('b').textContent, one.querySelector('.text').textContent])";

/// What a stranger in the room sends: too long, forged, markup, scripts, and far too many.
const HOSTILE: &str = r#"
const say = message => { for (const channel of window.channels) channel.send(JSON.stringify(message)); };
for (const channel of window.channels) {
  channel.send('x'.repeat(60000));
  channel.send('{"type":"chat"');
  channel.send(new Uint8Array(9));
}
const chat = (id, text) => say({ type: 'chat', log: 7, from: 'Ann', author: 'Ann', messages: [{ id, age: 0, text, name: 'Ann' }] });
chat(1, '<img src=x onerror="window.hacked = 1"><script>window.hacked = 1</script>');
chat(2, 'javascript:window.hacked=1 https://bank.example@evil.example/ \u202Egnihton\u0000');
chat(3, 'y'.repeat(9000));
chat(3, 'the same again');
chat(2, 'an older one');
say({ type: 'chat', log: 'x', messages: [] });
say({ type: 'chat', log: 7, messages: Array(99).fill({ id: 9, text: 'z' }) });
say({ type: 'chatReceived', log: 0, id: 4294967295 });
say({ type: 'hand', raised: 'yes' });
say({ type: 'reaction', reaction: 'constructor' });
return window.channels.size;
"#;

const FLOOD: &str = r#"
for (let i = 10; i < 600; i++)
  for (const channel of window.channels)
    if (channel.readyState === 'open')
      channel.send(JSON.stringify({ type: 'chat', log: 7, messages: [{ id: i, text: `flood ${i}` }] }));
"#;

/// Notes down every data channel on which the page sends something.
const KEEP_CHANNELS: &str = r#"
window.channels = new Set();
const send = RTCDataChannel.prototype.send;
RTCDataChannel.prototype.send = function (...message) { window.channels.add(this); return send.apply(this, message); };
"#;

async fn until(page: &Page, what: &str, expression: &str, expected: Value) {
    let begin = Instant::now();
    loop {
        let seen = page.eval(&format!("return {expression}"), vec![]).await;
        if seen == expected {
            return;
        }
        if begin.elapsed() > Duration::from_secs(30) {
            let snapshot = page.snapshot().await;
            eprintln!("{what}: {seen} instead of {expected}");
            page.fail(what, &snapshot).await;
        }
        sleep(Duration::from_millis(100)).await;
    }
}

async fn open_chat(page: &Page) {
    page.press("chat").await;
    until(
        page,
        "the panel, with the focus in its field",
        "document.activeElement?.localName",
        json!("textarea"),
    )
    .await;
}

async fn write(page: &Page, text: &str) {
    page.eval("document.querySelector('.chat textarea').focus()", vec![]).await;
    page.type_keys(text).await;
    page.type_keys(ENTER).await;
}

async fn take_screenshots(page: &Page, name: &str) {
    if page.browser().kind() != BrowserKind::Chrome {
        return;
    }
    for (width, height) in [(1280, 800), (360, 740)] {
        page.resize(width, height).await;
        sleep(Duration::from_millis(300)).await;
        let path = tools::artifacts().join(format!("chat-{name}-{width}.png"));
        page.screenshot(&path.to_string_lossy()).await;
    }
    page.resize(1280, 800).await;
}

#[tokio::test]
async fn people_write_raise_hands_and_react() {
    let server = Server::start().await;
    let (chrome, firefox) = (Browser::chrome().await, Browser::firefox().await);
    let (ann, ben) = (chrome.open("Ann", &server.url()).await, firefox.open("Ben", &server.url()).await);
    for page in [&ann, &ben] {
        join(page, "tea").await;
    }
    sees_and_hears(&ann, &["Ben"]).await;
    sees(&ben, &["Ann"]).await;
    let (of_ann, of_ben) = (pictures(&ann).await, pictures(&ben).await);

    // The key opens it, and is no letter in it.
    ann.eval("document.querySelector('.stage').focus()", vec![]).await;
    ann.type_keys("c").await;
    until(&ann, "the panel", "document.activeElement?.localName", json!("textarea")).await;
    write(&ann, "hm, see https://example.org/a?b=c.").await;
    until(&ann, "her own words", MESSAGES, json!([["You", "hm, see https://example.org/a?b=c."]])).await;
    let label = "document.querySelector('[data-control=chat]').ariaLabel \
                 ?? document.querySelector('[data-control=chat]').getAttribute('aria-label')";
    until(&ben, "one unread message", label, json!("Chat, 1 unread message")).await;
    until(
        &ben,
        "what it begins with, in passing",
        "[...document.querySelectorAll('.toast')].some(toast => toast.textContent.startsWith('Ann: hm, see'))",
        json!(true),
    )
    .await;
    open_chat(&ben).await;
    until(&ben, "Ann's words", MESSAGES, json!([["Ann", "hm, see https://example.org/a?b=c."]])).await;
    until(&ben, "nothing unread", label, json!("Chat")).await;
    let link = "(link => [link.href, link.rel, link.target])(document.querySelector('.chat a'))";
    until(&ben, "a link", link, json!(["https://example.org/a?b=c", "noopener noreferrer", "_blank"])).await;

    ben.eval("document.querySelector('.chat textarea').focus()", vec![]).await;
    ben.type_keys("two").await;
    ben.type_keys_holding(SHIFT, ENTER).await;
    write(&ben, "m").await;
    until(&ann, "Ben's words", &format!("{MESSAGES}[1]"), json!(["Ben", "two\nm"])).await;
    let microphone = ann.snapshot().await.control("microphone").map(|control| control.pressed.clone());
    assert_eq!(microphone.as_deref(), Some("true"), "letters in the field are no keys");

    raise_hands(&ann, &ben).await;
    react(&ann, &ben).await;
    take_screenshots(&ann, "wide").await;

    let cid = chrome.open("Cid", &server.url()).await;
    comes_late(&cid).await;

    ann.type_keys(ESCAPE).await;
    until(&ann, "the panel to be closed, and the focus on its button", FOCUS, json!([false, "chat"])).await;
    for (page, before) in [(&ann, &of_ann), (&ben, &of_ben)] {
        pictures_go_on(page, before).await;
        assert_eq!(page.snapshot().await.errors, Vec::<String>::new());
    }
}

/// Whoever comes late hears what was written from those who are there.
async fn comes_late(cid: &Page) {
    join(cid, "tea").await;
    sees(cid, &["Ann", "Ben"]).await;
    open_chat(cid).await;
    let authors = format!("{MESSAGES}.map(one => one[0]).sort().join()");
    until(cid, "what was written before", &authors, json!("Ann,Ben")).await;
    until(cid, "whose hand was raised before", HANDS, json!(["✋ 1"])).await;
}

const HANDS: &str = "[...document.querySelectorAll('.tile .hand')].map(hand => hand.textContent)";
const FOCUS: &str = "[Boolean(document.querySelector('.chat')), document.activeElement?.dataset.control]";

async fn raise_hands(ann: &Page, ben: &Page) {
    ann.eval("document.querySelector('.stage').focus()", vec![]).await;
    ann.type_keys("h").await;
    for page in [ann, ben] {
        until(page, "Ann's hand", HANDS, json!(["✋ 1"])).await;
    }
    let pressed = "document.querySelector('[data-control=hand]').getAttribute('aria-pressed')";
    until(ann, "a button that is pressed", pressed, json!("true")).await;
    ben.press("hand").await;
    for page in [ann, ben] {
        until(page, "both hands, in turn", &format!("{HANDS}.sort()"), json!(["✋ 1", "✋ 2"])).await;
    }
    ben.press("hand").await;
    until(ann, "Ben's hand to be lowered", HANDS, json!(["✋ 1"])).await;
}

async fn react(ann: &Page, ben: &Page) {
    ann.press("react").await;
    until(ann, "the choice", "document.activeElement?.dataset.reaction", json!("thumbs-up")).await;
    // It is there for four seconds: looked at from within.
    let wait = "const seen = new Promise(done => new MutationObserver(() => {
        const reaction = document.querySelector('.tile:not([data-self]) > .reaction');
        if (reaction) done(reaction.dataset.reaction);
      }).observe(document.querySelector('.stage'), { childList: true, subtree: true }));
      window.reaction = seen; return true;";
    ben.eval(wait, vec![]).await;
    ann.click("[data-reaction=applause]").await;
    assert_eq!(ben.eval("return await window.reaction", vec![]).await, "applause");
    until(ben, "it said aloud", "document.querySelector('.announcer').textContent", json!("Ann: Applause"))
        .await;
    ann.press("react").await;
    until(ann, "the choice to be closed", "Boolean(document.querySelector('.picker'))", json!(false)).await;
}

#[tokio::test]
async fn whoever_sends_nonsense_harms_nobody() {
    let server = Server::start().await;
    let browser = Browser::chrome().await;
    let (ann, ben) = (browser.open("Ann", &server.url()).await, browser.open("Ben", &server.url()).await);
    let eve = browser.open("Eve", &server.url()).await;
    eve.eval(KEEP_CHANNELS, vec![]).await;
    for page in [&ann, &ben, &eve] {
        join(page, "tea").await;
    }
    sees_and_hears(&ann, &["Ben", "Eve"]).await;
    open_chat(&ann).await;
    write(&ann, "honest").await;
    until(&eve, "two channels", "window.channels.size", json!(2)).await;
    let before = pictures(&ann).await;
    assert_eq!(eve.eval(HOSTILE, vec![]).await, 2);
    let whose = format!("{MESSAGES}.map(one => one[0]).join()");
    until(&ann, "what Eve may say, under her own name", &whose, json!("You,Eve,Eve,Eve")).await;
    let texts = ann.eval(&format!("return {MESSAGES}.map(one => one[1])"), vec![]).await;
    assert_eq!(texts[1], "<img src=x onerror=\"window.hacked = 1\"><script>window.hacked = 1</script>");
    assert_eq!(texts[2], "javascript:window.hacked=1 https://bank.example@evil.example/ gnihton");
    assert_eq!(texts[3].as_str().map(str::len), Some(2000));
    let harm = "[window.hacked ?? 0, document.querySelectorAll('.chat :is(img, script, a)').length]";
    assert_eq!(ann.eval(&format!("return {harm}"), vec![]).await, json!([0, 0]));
    take_screenshots(&ann, "hostile").await;

    eve.eval(FLOOD, vec![]).await;
    let closed = "[...window.channels].filter(channel => channel.readyState === 'open').length";
    until(&eve, "nobody to listen any more", closed, json!(0)).await;
    write(&ann, "still here").await;
    open_chat(&ben).await;
    let last = format!("{MESSAGES}.filter(one => one[0] === 'Ann').map(one => one[1]).join()");
    until(&ben, "the call to go on", &last, json!("honest,still here")).await;
    sees_and_hears(&ann, &["Ben", "Eve"]).await;
    pictures_go_on(&ann, &before).await;
}
