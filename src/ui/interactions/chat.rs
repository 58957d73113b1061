//! The panel of the chat, beside the tiles or over them.

use std::rc::Rc;

use js_sys::{Array, Date};
use visavis_app::links::{TextPart, find_links};
use visavis_app::shortcuts::Shortcut;
use visavis_core::signaling::ParticipantId;
use visavis_core::{ChatMessage, Command, InteractionsView, RoomView, Undelivered};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use super::name_of;
use crate::dom::by_name::{call, construct, member};
use crate::dom::{self, Listener};
use crate::ui::shared::Shared;
use crate::ui::{actions, text};

const HTML: &str = include_str!("chat.html");
const MESSAGE: &str = include_str!("message.html");
const LINK: &str = "<a target=\"_blank\" rel=\"noopener noreferrer\"></a>";
/// Whoever has scrolled up by no more than this is still at the end.
const END: i32 = 40;

/// The panel, as long as it is open.
pub(super) struct Panel {
    element: HtmlElement,
    log: HtmlElement,
    /// What it shows, in its order.
    shown: Vec<(Rc<ChatMessage>, HtmlElement)>,
    _listeners: [Listener; 2],
}

impl Panel {
    /// Opens it on the stage: no tile is touched, only their area becomes smaller.
    pub(super) fn open(shared: &Rc<Shared>, stage: &Element) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let footer: Element = dom::find(stage, "footer")?;
        stage.insert_before(&element, Some(&footer))?;
        let field: HtmlTextAreaElement = dom::find(&element, "textarea")?;
        actions::focus(shared, &field);
        let weak = Rc::downgrade(shared);
        let on = |event, act: fn(&Rc<Shared>, &web_sys::Event, &HtmlTextAreaElement)| {
            let (shared, listening) = (weak.clone(), field.clone());
            Listener::new(&field, event, move |event| {
                shared.upgrade().iter().for_each(|shared| act(shared, &event, &listening));
            })
        };
        let _listeners = [
            on("keydown", |shared, event, field| {
                let pressed = event.dyn_ref::<KeyboardEvent>().is_some_and(sends);
                if pressed {
                    event.prevent_default();
                    send(shared, field);
                }
            }),
            on("input", |_, _, field| grow(field)),
        ];
        Ok(Self { log: dom::find(&element, ".log")?, element, shown: Vec::new(), _listeners })
    }

    /// Shows what there is. Who reads further up is left there.
    pub(super) fn render(&mut self, view: &RoomView, interactions: &InteractionsView) -> Result<(), JsValue> {
        let follows = self.log.scroll_top() + self.log.client_height() + END >= self.log.scroll_height();
        if self.update_messages(view, &interactions.chat)? && follows {
            self.log.set_scroll_top(self.log.scroll_height());
        }
        let empty: Element = dom::find(&self.element, "[data-empty]")?;
        dom::set_flag(&empty, "hidden", !interactions.chat.is_empty());
        for (name, why, say) in [
            ("impossible", Undelivered::Impossible, text::interactions::impossible as fn(&[&str]) -> String),
            ("pending", Undelivered::Pending, text::interactions::pending),
        ] {
            let ids = interactions.undelivered.iter().filter(|(_, state)| *state == why);
            let names: Vec<String> = ids.map(|(id, _)| name_of(view, Some(id), "")).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let place: Element = dom::find(&self.element, &["[data-missed=", name, "]"].concat())?;
            dom::set_text(&place, &say(&names));
        }
        Ok(())
    }

    /// Messages come, nearly always at the end, and go at the beginning; none changes. Whether any has come.
    fn update_messages(&mut self, view: &RoomView, chat: &[Rc<ChatMessage>]) -> Result<bool, JsValue> {
        let (mut before, mut added) = (std::mem::take(&mut self.shown).into_iter().peekable(), false);
        for message in chat {
            // What is gone stood before those that are still there.
            while before.peek().is_some_and(|(known, _)| !chat.iter().any(|one| Rc::ptr_eq(one, known))) {
                before.next().iter().for_each(|(_, element)| element.remove());
            }
            let shown = match before.next_if(|(known, _)| Rc::ptr_eq(known, message)) {
                Some(shown) => shown,
                None => {
                    let element = make(view, message)?;
                    let next = before.peek().map(|(_, element)| element);
                    self.log.insert_before(&element, next.map(|next| &***next))?;
                    added = true;
                    (Rc::clone(message), element)
                }
            };
            self.shown.push(shown);
        }
        before.for_each(|(_, element)| element.remove());
        Ok(added)
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// One message. Whatever somebody wrote is text, and addresses in it are links to just that.
fn make(view: &RoomView, message: &ChatMessage) -> Result<HtmlElement, JsValue> {
    let element = dom::instantiate(MESSAGE)?;
    let author: Option<&ParticipantId> = message.author.as_ref();
    dom::set_flag(&element, "data-own", author.is_none());
    let name: Element = dom::find(&element, "b")?;
    dom::set_text(&name, &name_of(view, author, &message.name));
    let time: Element = dom::find(&element, "time")?;
    dom::set_text(&time, &time_of(message).unwrap_or_default());
    let place: Element = dom::find(&element, ".text")?;
    for part in find_links(&message.text) {
        let (html, text) = match part {
            TextPart::Plain(text) => ("<span></span>", text),
            TextPart::Link(link) => (LINK, link),
        };
        let part_element = dom::instantiate(html)?;
        dom::set_text(&part_element, text);
        if let TextPart::Link(link) = part {
            dom::set_attribute(&part_element, "href", Some(link));
        }
        place.append_child(&part_element)?;
    }
    Ok(element)
}

/// When it was written, in hours and minutes of the person's own clock.
fn time_of(message: &ChatMessage) -> Option<String> {
    let window = web_sys::window()?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a call")]
    let ago = window.performance()?.now() - message.written_at as f64;
    let date = construct(&window, "Date", &Array::of1(&(Date::now() - ago).into())).ok()?;
    let time = call(&date, "toTimeString", &[]).ok()?.as_string()?;
    time.get(..5).map(str::to_owned)
}

/// Enter sends, with Shift it breaks the line; while an input method composes a word it is for that.
fn sends(event: &KeyboardEvent) -> bool {
    let is = |name| member(event, name).is_truthy();
    Shortcut::SendMessage.has_key(&event.key()) && !is("shiftKey") && !is("isComposing")
}

/// Sends what is in the field.
pub(super) fn send(shared: &Rc<Shared>, field: &HtmlTextAreaElement) {
    shared.send(Command::SendChat(field.value()));
    field.set_value("");
    grow(field);
    actions::focus(shared, field);
}

/// Makes the field as high as what is in it; how high at most, the styles say.
fn grow(field: &HtmlTextAreaElement) {
    let _ = field.style().set_property("height", "auto");
    let height = [&(field.scroll_height() + 2).to_string(), "px"].concat();
    let _ = field.style().set_property("height", &height);
}
