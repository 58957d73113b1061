//! The panel of the chat, beside the tiles or over them.

use std::rc::Rc;

use js_sys::{Array, Date};
use visavis_app::links::{TextPart, find_links};
use visavis_app::shortcuts::Shortcut;
use visavis_core::signaling::ParticipantId;
use visavis_core::{ChatMessage, Command, FileView, InteractionsView, RoomView, Undelivered};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlElement, HtmlTextAreaElement, KeyboardEvent};

use super::{files, name_of};
use crate::dom::by_name::{call, construct, member};
use crate::dom::{self, Listener};
use crate::ui::shared::Shared;
use crate::ui::{actions, text};

const HTML: &str = include_str!("chat.html");
const MESSAGE: &str = include_str!("message.html");
const LINK: &str = "<a target=\"_blank\" rel=\"noopener noreferrer\"></a>";
/// Whoever has scrolled up by no more than this is still at the end.
const END: i32 = 40;

/// What stands in the log.
enum Item {
    Message(Rc<ChatMessage>),
    File(Rc<FileView>),
}

impl Item {
    /// When it came, on the clock of the room.
    fn at(&self) -> i64 {
        match self {
            Self::Message(message) => message.written_at,
            Self::File(file) => file.offered_at,
        }
    }

    /// Whether both are the same, though a file may be further.
    fn is(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Message(one), Self::Message(other)) => Rc::ptr_eq(one, other),
            (Self::File(one), Self::File(other)) => one.id == other.id,
            (Self::Message(_), Self::File(_)) | (Self::File(_), Self::Message(_)) => false,
        }
    }
}

/// The panel, as long as it is open.
pub(super) struct Panel {
    element: HtmlElement,
    log: HtmlElement,
    /// What it shows, in its order.
    shown: Vec<(Item, HtmlElement)>,
    _listeners: [Listener; 4],
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
        let log: HtmlElement = dom::find(&element, ".log")?;
        let picked: Element = dom::find(&element, "[type=file]")?;
        let on_files = |of: &Element, event, act: fn(&Rc<Shared>, &web_sys::Event)| {
            let shared = weak.clone();
            Listener::new(of, event, move |event| {
                shared.upgrade().iter().for_each(|shared| act(shared, &event));
            })
        };
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
            on_files(&log, "click", files::on_click),
            on_files(&picked, "change", files::on_picked),
        ];
        let limits: Element = dom::find(&element, "[data-files=limits]")?;
        dom::set_text(&limits, &text::files::limits());
        Ok(Self { log, element, shown: Vec::new(), _listeners })
    }

    /// Shows what there is. Who reads further up is left there.
    pub(super) fn render(&mut self, view: &RoomView, interactions: &InteractionsView) -> Result<(), JsValue> {
        let follows = self.log.scroll_top() + self.log.client_height() + END >= self.log.scroll_height();
        if self.update_items(view, items(interactions))? && follows {
            self.log.set_scroll_top(self.log.scroll_height());
        }
        let empty: Element = dom::find(&self.element, "[data-empty]")?;
        dom::set_flag(&empty, "hidden", !self.shown.is_empty());
        let place: Element = dom::find(&self.element, "[data-files=unreachable]")?;
        dom::set_text(&place, &text::files::unreachable(&files::unreachable(view)));
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

    /// Messages and files come, nearly always at the end, and go; of files it changes how far they are. Whether any has come.
    fn update_items(&mut self, view: &RoomView, items: Vec<Item>) -> Result<bool, JsValue> {
        let mut before = std::mem::take(&mut self.shown);
        before.retain(|(known, element)| {
            let stays = items.iter().any(|item| item.is(known));
            if !stays {
                element.remove();
            }
            stays
        });
        let (mut before, mut added) = (before.into_iter().peekable(), false);
        for item in items {
            let element = match before.next_if(|(known, _)| known.is(&item)) {
                Some((known, element)) => {
                    if let (Item::File(known), Item::File(file)) = (&known, &item)
                        && (known != file || file.owner.is_none())
                    {
                        files::update(view, file, &element)?;
                    }
                    element
                }
                None => {
                    let element = make(view, &item)?;
                    let next = before.peek().map(|(_, element)| element);
                    self.log.insert_before(&element, next.map(|next| &***next))?;
                    added = true;
                    element
                }
            };
            self.shown.push((item, element));
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

/// All that there is to show, in the order in which it came.
fn items(interactions: &InteractionsView) -> Vec<Item> {
    let messages = interactions.chat.iter().cloned().map(Item::Message);
    let files = interactions.files.files.iter().cloned().map(Item::File);
    let mut items: Vec<Item> = messages.chain(files).collect();
    items.sort_by_key(Item::at);
    items
}

/// One message, or one file, and whose it is.
fn make(view: &RoomView, item: &Item) -> Result<HtmlElement, JsValue> {
    let (element, author, before): (_, Option<&ParticipantId>, _) = match item {
        Item::Message(message) => (make_message(message)?, message.author.as_ref(), &message.name),
        Item::File(file) => (files::make(view, file)?, file.owner.as_ref(), &file.owner_name),
    };
    dom::set_flag(&element, "data-own", author.is_none());
    let name: Element = dom::find(&element, "b")?;
    dom::set_text(&name, &name_of(view, author, before));
    let time: Element = dom::find(&element, "time")?;
    dom::set_text(&time, &time_of(item).unwrap_or_default());
    Ok(element)
}

/// Whatever somebody wrote is text, and addresses in it are links to just that.
fn make_message(message: &ChatMessage) -> Result<HtmlElement, JsValue> {
    let element = dom::instantiate(MESSAGE)?;
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

/// When it came, in hours and minutes of the person's own clock.
fn time_of(item: &Item) -> Option<String> {
    let window = web_sys::window()?;
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a call")]
    let ago = window.performance()?.now() - item.at() as f64;
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
