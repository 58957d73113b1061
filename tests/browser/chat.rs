//! The panel of the chat: what people write is text, and addresses in it are links to just that.

use std::rc::Rc;

use visavis_core::signaling::ParticipantId;
use visavis_core::{ChatMessage, InteractionsView, Lifecycle, RoomView, Undelivered};
use wasm_bindgen::JsCast;
use wasm_bindgen_test::wasm_bindgen_test;
use web_sys::{Element, HtmlElement};

use crate::foreign::{Mounted, view};
use crate::support::until;

fn message(author: Option<&str>, id: u32, text: &str) -> Rc<ChatMessage> {
    let author = author.and_then(ParticipantId::new);
    Rc::new(ChatMessage {
        author,
        name: "whoever".into(),
        written_at: i64::from(id),
        text: text.into(),
        log: 1,
        id,
    })
}

fn call(chat: &[Rc<ChatMessage>], unread: u32) -> RoomView {
    let interactions =
        InteractionsView { chat: Rc::new(chat.to_vec()), unread, ..InteractionsView::default() };
    RoomView { interactions: Some(Rc::new(interactions)), ..view(Lifecycle::Joined, &["Ann"]) }
}

fn all(page: &Mounted, selector: &str) -> Vec<Element> {
    let found = page.root.query_selector_all(selector).unwrap();
    (0..found.length()).map(|at| found.item(at).unwrap().unchecked_into()).collect()
}

fn texts(page: &Mounted, selector: &str) -> Vec<String> {
    all(page, selector).iter().map(|element| element.text_content().unwrap_or_default()).collect()
}

/// A call whose chat is open.
async fn open(shown: &RoomView) -> Mounted {
    let page = Mounted::new();
    page.show(shown);
    all(&page, "[data-control=chat]")[0].unchecked_ref::<HtmlElement>().click();
    until("the panel", || all(&page, ".chat").len() == 1).await;
    page
}

#[wasm_bindgen_test]
async fn addresses_are_links_and_all_else_is_text() {
    let text = "<b onclick=x>see</b>\nhttps://example.org/a?b=c&d. javascript:alert(1) http://x@y.z";
    let page = open(&call(&[message(Some("Ann"), 1, text)], 1)).await;
    assert_eq!(texts(&page, ".message .text"), [text]);
    let links = all(&page, ".message a");
    assert_eq!(links.len(), 1);
    for (name, value) in
        [("href", "https://example.org/a?b=c&d"), ("rel", "noopener noreferrer"), ("target", "_blank")]
    {
        assert_eq!(links[0].get_attribute(name).as_deref(), Some(value));
    }
    assert_eq!(all(&page, ".message .text b").len(), 0);
    assert_eq!(texts(&page, ".message > .by b"), ["Ann"]);
}

#[wasm_bindgen_test]
async fn messages_come_and_go_and_those_that_stay_are_not_touched() {
    let (first, second, third) =
        (message(None, 1, "one"), message(Some("Zoe"), 2, "two"), message(None, 3, "three"));
    let page = open(&call(&[Rc::clone(&first), Rc::clone(&third)], 0)).await;
    let elements = all(&page, ".message");
    page.show(&call(&[first, Rc::clone(&second), Rc::clone(&third)], 1));
    assert_eq!(texts(&page, ".message .text"), ["one", "two", "three"]);
    assert_eq!(texts(&page, ".message > .by b"), ["You", "whoever", "You"], "who has left keeps their name");
    let now = all(&page, ".message");
    assert_eq!([&now[0], &now[2]], [&elements[0], &elements[1]]);
    page.show(&call(&[second, third], 1));
    assert_eq!(texts(&page, ".message .text"), ["two", "three"]);
    assert_eq!(all(&page, ".message")[1], elements[1]);
}

#[wasm_bindgen_test]
async fn what_nobody_has_seen_is_counted_and_who_does_not_see_it_is_named() {
    let page = Mounted::new();
    page.show(&call(&[message(Some("Ann"), 1, "one")], 3));
    let button = &all(&page, "[data-control=chat]")[0];
    assert_eq!(button.get_attribute("aria-label").as_deref(), Some("Chat, 3 unread messages"));
    assert_eq!(button.get_attribute("data-unread").as_deref(), Some("3"));
    button.unchecked_ref::<HtmlElement>().click();
    until("the panel", || all(&page, ".chat").len() == 1).await;
    let mut shown = call(&[message(None, 1, "one")], 0);
    let ann = ParticipantId::new("Ann").unwrap();
    let undelivered = vec![(ann, Undelivered::Impossible)];
    let interactions = shown.interactions.take().unwrap();
    shown.interactions = Some(Rc::new(InteractionsView { undelivered, ..(*interactions).clone() }));
    page.show(&shown);
    assert_eq!(button.get_attribute("aria-label").as_deref(), Some("Chat"));
    let told = &texts(&page, "[data-missed=impossible]")[0];
    assert!(told.starts_with("Ann does not see this chat"), "{told}");
    page.show(&call(&[], 0));
    assert_eq!(texts(&page, "[data-missed=impossible]"), [""]);
}

#[wasm_bindgen_test]
fn hands_are_marked_in_turn() {
    let page = Mounted::new();
    let ann = ParticipantId::new("Ann").unwrap();
    let mut shown = view(Lifecycle::Joined, &["Ann", "Ben"]);
    for (hands, marks) in [(vec![Some(ann), None], ["✋ 1", "✋ 2"].as_slice()), (vec![], [].as_slice())] {
        shown.interactions = Some(Rc::new(InteractionsView { hands, ..InteractionsView::default() }));
        page.show(&shown);
        let mut seen = texts(&page, ".tile .hand");
        seen.sort();
        assert_eq!(seen, marks);
    }
}
