//! Where a person sees themselves, chooses a room and a name, and joins.

use std::rc::Rc;

use visavis_app::ChoicePolicy;
use visavis_core::{Lifecycle, RoomView};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement, HtmlInputElement};

use super::controls::Bar;
use super::notices::Notices;
use super::server::ServerMenu;
use super::shared::Shared;
use super::stage::Stage;
use super::{actions, names, preflight, text};
use crate::dom::{self, Parts, message};
use crate::on_demand::{self, lazy_fn};

const HTML: &str = include_str!("lobby.html");

type NewMenu = fn(&Element, &Rc<Shared>) -> Result<ServerMenu, JsValue>;

/// The lobby; also the queue at the door while joining.
pub(super) struct Lobby {
    shared: Rc<Shared>,
    element: HtmlElement,
    parts: Parts,
    bar: Bar,
    notices: Notices,
    room: HtmlInputElement,
    name: HtmlInputElement,
    fields: Element,
    join: HtmlElement,
    cancel: HtmlElement,
    hint: Element,
    lead: Element,
    check: Element,
    server: Option<ServerMenu>,
    joining: bool,
}

impl Lobby {
    /// Builds it into the frame.
    pub(super) fn new(shared: &Rc<Shared>, view: &RoomView) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let preview: Element = dom::find(&element, ".preview")?;
        shared.own_tile.place(&preview, preview.first_child().as_ref())?;
        let lobby = Self {
            bar: Bar::of_lobby(&dom::find(&element, ".bar")?, shared)?,
            notices: Notices::new(&element, shared)?,
            room: dom::find(&element, "input[name=room]")?,
            name: dom::find(&element, "input[name=name]")?,
            fields: dom::find(&element, "fieldset")?,
            join: dom::find(&element, "[data-control=join]")?,
            cancel: dom::find(&element, "[data-control=cancel]")?,
            hint: dom::find(&element, "[data-capacity]")?,
            lead: dom::find(&element, ".lead")?,
            check: dom::find(&element, ".check")?,
            server: None,
            shared: shared.clone(),
            parts: Parts::of(&element),
            element,
            joining: false,
        };
        lobby.fill_in(view);
        shared.frame.prepend_with_node_1(&lobby.element)?;
        lobby.focus_first();
        Ok(lobby)
    }

    /// Takes it out of the page.
    pub(super) fn remove(&self) {
        self.element.remove();
    }

    /// Puts the stage behind it, where nobody sees it.
    pub(super) fn prepare(&self, stage: &Stage) -> Result<(), JsValue> {
        self.element.after_with_node_1(stage.element())
    }

    /// What it is built of, for good.
    pub(super) fn parts(&self) -> &Parts {
        &self.parts
    }

    /// What the person has typed so far is theirs, also when the lobby is built again.
    pub(super) fn keep_typed(&self, before: &Self) {
        self.room.set_value(&before.room.value());
        self.name.set_value(&before.name.value());
    }

    /// Shows the state of things. What the person types is theirs: it is not touched.
    pub(super) fn render(&mut self, view: &RoomView) -> Result<(), JsValue> {
        self.render_joining(view);
        let name = self.name.value();
        self.shared.own_tile.render(|own| own.render_preview(&self.shared.tracks, &view.me, &name));
        self.bar.render(view);
        // Before there is a room, nothing is wrong with it.
        if on_demand::is_call_loaded() {
            self.notices.render(view)?;
        }
        dom::set_flag(&self.check, "hidden", view.lifecycle != Lifecycle::Lobby);
        if on_demand::is_loaded() {
            self.render_on_demand(view)?;
        } else if self.shared.options.server.choice_policy == ChoicePolicy::Always {
            // The menu comes when its part of the program does.
            self.shared.load_rest();
        }
        // It speaks of links, and without a server they lead nowhere but here.
        dom::set_flag(&self.lead, "hidden", view.fallback);
        let capacity = view.capacity.or(self.shared.options.capacity);
        dom::set_text(&self.hint, &capacity.map(text::capacity).unwrap_or_default());
        Ok(())
    }

    /// What nobody sees before the other part of the program is loaded: results of a check, and the menu of servers, which a
    /// page has that offers a choice, speaks to a chosen server, or found none.
    fn render_on_demand(&mut self, view: &RoomView) -> Result<(), JsValue> {
        lazy_fn::<fn(&Element, &RoomView) -> Result<(), JsValue>>(preflight::render)(&self.check, view)?;
        if self.shared.options.server.choice_policy == ChoicePolicy::Never {
            return Ok(());
        }
        let menu = match self.server.take() {
            Some(menu) => menu,
            None => {
                let menu = lazy_fn::<NewMenu>(ServerMenu::new)(&self.element, &self.shared)?;
                self.parts.add(&dom::find(&self.element, ".server")?);
                menu
            }
        };
        lazy_fn::<fn(&mut ServerMenu, &RoomView)>(ServerMenu::render)(self.server.insert(menu), view);
        Ok(())
    }

    fn render_joining(&mut self, view: &RoomView) {
        let joining = view.lifecycle == Lifecycle::Joining;
        if joining == self.joining {
            return;
        }
        self.joining = joining;
        if joining {
            // A link can join without asking: say where to.
            self.fill_in(view);
        }
        dom::set_flag(&self.fields, "disabled", joining);
        dom::set_flag(&self.join, "disabled", joining);
        dom::set_attribute(&self.join, "aria-busy", joining.then_some("true"));
        dom::set_text(&self.join, message!(if joining { "Joining…" } else { "Join" }));
        actions::focus(&self.shared, if joining { &self.cancel } else { &self.join });
    }

    fn fill_in(&self, view: &RoomView) {
        let options = &self.shared.options;
        let first = |of: [&str; 2]| of.into_iter().find(|text| !text.is_empty()).map(str::to_owned);
        self.room.set_value(&first([&view.room, &options.room]).unwrap_or_else(names::generate_room_name));
        self.name.set_value(&first([&view.me.name, &options.name]).unwrap_or_else(names::remembered));
    }

    /// The keyboard of a phone would cover half of the lobby, and a page that embeds us has its own plans.
    fn focus_first(&self) {
        let touch =
            web_sys::window().and_then(|window| window.match_media("(pointer: coarse)").ok().flatten());
        if self.shared.options.app_link && !touch.is_some_and(|query| query.matches()) {
            let first: &HtmlElement = if self.name.value().is_empty() { &self.name } else { &self.join };
            actions::focus(&self.shared, first);
        }
    }
}

impl Drop for Lobby {
    fn drop(&mut self) {
        self.remove();
    }
}
