//! Chat, raised hands and reactions, and the menu of the bar, as they are seen and used. Loaded on demand, with their styles.

mod announcer;
mod chat;
mod files;
mod marks;
mod more;
mod picker;

use std::cell::RefCell;
use std::rc::Rc;

use visavis_app::shortcuts::Shortcut;
use visavis_core::signaling::ParticipantId;
use visavis_core::{Command, InteractionEvent, InteractionsView, RoomView};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlElement, KeyboardEvent, Node};

use self::announcer::Announcer;
use self::chat::Panel;
use self::files::Held;
use self::more::Menu;
pub(super) use self::more::visible_button;
use self::picker::Picker;
use super::shared::Shared;
use super::styles::adopt_styles;
use super::{actions, names, recording, text};
use crate::dom::by_name::member;
use crate::dom::{self, Listener};

const STYLES: &str = include_str!("interactions.css");

/// What is on the stage of one call. It goes with that.
struct Interactions {
    stage: HtmlElement,
    panel: RefCell<Option<Panel>>,
    picker: RefCell<Option<Picker>>,
    menu: RefCell<Option<Menu>>,
    announcer: Announcer,
    files: Held,
    _escape: Listener,
}

/// Somebody drags something over the stage: files that are dropped there are offered.
pub(super) fn watch_drops(shared: &Rc<Shared>, _: &Element) {
    on_stage(shared);
}

/// Opens the chat, or closes it.
pub(super) fn toggle_chat(shared: &Rc<Shared>, _: &Element) {
    let Some(ours) = on_stage(shared) else { return };
    if ours.panel.borrow().is_some() {
        return ours.close_chat(shared);
    }
    *ours.panel.borrow_mut() = Panel::open(shared, &ours.stage).ok();
    // Before it was used for the first time there is nothing to show.
    shared.send(Command::MarkChatRead);
    shared.view().iter().for_each(|view| render(shared, view));
}

/// Sends what is written.
pub(super) fn send_chat(shared: &Rc<Shared>, _: &Element) {
    if let Some(field) = on_stage(shared).and_then(|ours| dom::find(&ours.stage, ".chat textarea").ok()) {
        chat::send(shared, &field);
    }
}

/// Raises our hand, or lowers it.
pub(super) fn toggle_hand(shared: &Rc<Shared>, _: &Element) {
    if on_stage(shared).is_some() {
        let raised = shared.view().is_some_and(|view| shown(&view).hands.contains(&None));
        shared.send(Command::SetHandRaised(!raised));
    }
}

/// Opens the choice of reactions, or closes it.
pub(super) fn toggle_reactions(shared: &Rc<Shared>, _: &Element) {
    let Some(ours) = on_stage(shared) else { return };
    if ours.picker.borrow().is_some() {
        return ours.close_picker(shared);
    }
    *ours.picker.borrow_mut() = Picker::open(shared, &ours.stage).ok();
    set_expanded(&ours.stage, "react", ours.picker.borrow().is_some());
}

/// Opens the menu of what has no room in the bar, or closes it.
pub(super) fn toggle_menu(shared: &Rc<Shared>, _: &Element) {
    let Some(ours) = on_stage(shared) else { return };
    if ours.menu.borrow().is_some() {
        return ours.close_menu(shared);
    }
    *ours.menu.borrow_mut() = Menu::open(shared, &ours.stage).ok();
    set_expanded(&ours.stage, "more", ours.menu.borrow().is_some());
}

fn close_menu(shared: &Rc<Shared>) {
    on_stage(shared).iter().for_each(|ours| ours.close_menu(shared));
}

/// Shows what there is. After a call nothing is.
pub(super) fn render(shared: &Rc<Shared>, view: &RoomView) {
    recording::render(shared, view);
    if !view.lifecycle.in_call() {
        return drop(shared.interactions.take());
    }
    let Some(ours) = on_stage(shared) else { return };
    let interactions = shown(view);
    ours.files.keep(&interactions.files);
    marks::render(&ours.stage, view, &interactions);
    recording::render_mark(shared, &ours.stage, view, &interactions);
    let open =
        ours.panel.borrow_mut().as_mut().is_some_and(|panel| panel.render(view, &interactions).is_ok());
    ours.render_buttons(&interactions, open);
    if open && interactions.unread > 0 {
        // Not while somebody is being told of a view.
        let shared = Rc::clone(shared);
        spawn_local(async move { shared.send(Command::MarkChatRead) });
    }
}

/// Tells what has happened, in passing.
pub(super) fn event(shared: &Rc<Shared>, event: &InteractionEvent) {
    let (Some(ours), Some(view)) = (on_stage(shared), shared.view()) else { return };
    match event {
        InteractionEvent::ChatReceived(message) => {
            // What is open is read aloud by itself.
            if ours.panel.borrow().is_none() {
                let name = name_of(&view, message.author.as_ref(), &message.name);
                shared.toasts.show(&text::interactions::wrote(&name, &message.text));
            }
        }
        InteractionEvent::HandRaised(id, name) => {
            shared.toasts.show(&text::interactions::raises(&name_of(&view, Some(id), name)));
        }
        InteractionEvent::Recording(id, name, recording) => {
            let name = name_of(&view, Some(id), name);
            shared.toasts.show(&text::recording::changes(&name, *recording));
        }
        InteractionEvent::File(id) => {
            let files = shown(&view).files.clone();
            let file = files.files.iter().find(|file| file.id == *id);
            // What is open is read aloud by itself.
            if let Some(file) = file.filter(|_| ours.panel.borrow().is_none()) {
                let name = name_of(&view, file.owner.as_ref(), &file.owner_name);
                shared.toasts.show(&text::files::news(&name, file));
            }
        }
        InteractionEvent::Reaction(who, reaction) => {
            marks::react(&ours.stage, who.as_ref(), *reaction);
            if who.is_some() {
                ours.announcer
                    .announce(text::interactions::reacts(&name_of(&view, who.as_ref(), ""), *reaction));
            }
        }
    }
}

impl Interactions {
    fn new(shared: &Rc<Shared>, stage: &HtmlElement) -> Result<Self, JsValue> {
        adopt_styles(stage, "visavisInteractions", STYLES);
        let (document, ours) = (dom::document()?, Rc::downgrade(shared));
        let _escape = Listener::new(&document, "keydown", move |event| {
            let _ = ours.upgrade().and_then(|shared| escape(&shared, event.dyn_ref()?));
        });
        Ok(Self {
            stage: stage.clone(),
            panel: RefCell::default(),
            picker: RefCell::default(),
            menu: RefCell::default(),
            announcer: Announcer::new(stage)?,
            files: Held::new(shared, stage),
            _escape,
        })
    }

    fn close_chat(&self, shared: &Rc<Shared>) {
        if self.panel.take().is_some() {
            set_expanded(&self.stage, "chat", false);
            focus_button(shared, &self.stage, "chat");
        }
    }

    fn close_picker(&self, shared: &Rc<Shared>) {
        if self.picker.take().is_some() {
            set_expanded(&self.stage, "react", false);
            focus_button(shared, &self.stage, "react");
        }
    }

    fn close_menu(&self, shared: &Rc<Shared>) {
        if let Some(menu) = self.menu.take() {
            set_expanded(&self.stage, "more", false);
            menu.give_back_focus(shared);
        }
    }

    fn render_buttons(&self, interactions: &InteractionsView, open: bool) {
        if let Some(button) = button(&self.stage, "chat") {
            let unread = if open { 0 } else { interactions.unread };
            dom::set_attribute(&button, "aria-label", Some(&text::interactions::chat(unread)));
            dom::set_attribute(&button, "data-unread", (unread > 0).then(|| unread.to_string()).as_deref());
            set_expanded(&self.stage, "chat", open);
        }
        if let Some(button) = button(&self.stage, "hand") {
            let raised = interactions.hands.contains(&None);
            dom::set_attribute(&button, "aria-pressed", Some(if raised { "true" } else { "false" }));
            dom::set_attribute(&button, "title", Some(text::interactions::hand(raised)));
        }
    }
}

/// What is shown on the stage, if there is one. If it was built anew, so is this.
fn on_stage(shared: &Rc<Shared>) -> Option<Rc<Interactions>> {
    let stage: HtmlElement = dom::find(&shared.frame, ".stage:not([inert])").ok()?;
    let known = shared.interactions.borrow().clone().and_then(|known| known.downcast::<Interactions>().ok());
    if let Some(known) = known.as_ref().filter(|known| known.stage == stage) {
        return Some(Rc::clone(known));
    }
    let new = Rc::new(Interactions::new(shared, &stage).ok()?);
    // What is on its way goes on.
    known.iter().for_each(|before| new.files.take_from(&before.files));
    *shared.interactions.borrow_mut() = Some(new.clone());
    Some(new)
}

/// What there is to show; nothing before anybody has used it.
fn shown(view: &RoomView) -> Rc<InteractionsView> {
    view.interactions.clone().unwrap_or_default()
}

/// What somebody is called: as on their tile, or as they were called when they were here. `None` is us.
fn name_of(view: &RoomView, id: Option<&ParticipantId>, before: &str) -> String {
    let Some(id) = id else { return text::interactions::you().to_owned() };
    let at = view.participants.iter().position(|them| them.id == *id);
    let name = at.and_then(|at| names::distinct(view).into_iter().nth(at));
    name.unwrap_or_else(|| text::name(before).to_owned())
}

/// Escape closes what was opened last, wherever the focus is; what takes the key for itself keeps it.
fn escape(shared: &Rc<Shared>, event: &KeyboardEvent) -> Option<()> {
    let target: Node = event.target()?.dyn_into().ok()?;
    let elsewhere = !target.contains(Some(&shared.frame)) && !shared.frame.contains(Some(&target));
    let in_dialog = shared.frame.query_selector("dialog[open]").ok().flatten().is_some();
    if !Shortcut::Close.has_key(&event.key())
        || member(event, "defaultPrevented").is_truthy()
        || elsewhere
        || in_dialog
    {
        return None;
    }
    let ours = on_stage(shared)?;
    // Not in the middle of its own event: listeners would be dropped while they are called.
    let shared = Rc::clone(shared);
    spawn_local(async move {
        if ours.menu.borrow().is_some() {
            ours.close_menu(&shared);
        } else if ours.picker.borrow().is_some() {
            ours.close_picker(&shared);
        } else {
            ours.close_chat(&shared);
        }
    });
    Some(())
}

fn button(stage: &Element, name: &str) -> Option<HtmlElement> {
    dom::find(stage, &["[data-control=", name, "]"].concat()).ok()
}

fn set_expanded(stage: &Element, name: &str, open: bool) {
    if let Some(button) = button(stage, name) {
        dom::set_attribute(&button, "aria-expanded", Some(if open { "true" } else { "false" }));
    }
}

fn focus_button(shared: &Rc<Shared>, stage: &Element, name: &str) {
    visible_button(stage, name).iter().for_each(|button| actions::focus(shared, button));
}
