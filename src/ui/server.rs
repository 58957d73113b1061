//! The lobby's menu of servers.

use std::rc::Rc;

use visavis_app::{ChoiceError, ChoicePolicy, ServerChoice, needs_url};
use visavis_core::signaling::dialects::{self, mapping};
use visavis_core::{Command, RoomView};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement, HtmlInputElement, HtmlSelectElement, Url, UrlSearchParams};

use super::shared::Shared;
use super::{choice, link, names, text};
use crate::dom::{self, Listener};

const HTML: &str = include_str!("server.html");
/// What everybody expects a room to be called; not worth a word.
const ANY_NAME: &str = "any name";

/// What is to be known of the server.
#[derive(Debug, Clone, Default)]
pub struct ServerOptions {
    /// Whether the person may choose another.
    pub choice_policy: ChoicePolicy,
    /// Where the server of the page's own configuration is.
    pub url: String,
    /// The page comes from the machine that the browser runs on.
    pub local: bool,
    /// The dialect of the page's own configuration.
    pub dialect: String,
    /// Whether there is a file for the dialect that follows one.
    pub has_mapping: bool,
    /// What was chosen; it counts as [`ServerOptions::choice_policy`] says.
    pub choice: Option<ServerChoice>,
    /// It was not the person who chose, but whoever wrote the link.
    pub from_link: bool,
    /// What the link asks for cannot be.
    pub error: Option<ChoiceError>,
}

impl ServerOptions {
    /// The choice that counts at the moment.
    pub(super) fn choice_in_force(&self, fallback: bool) -> Option<&ServerChoice> {
        let counts = match self.choice_policy {
            ChoicePolicy::Always => true,
            ChoicePolicy::WithoutServer => fallback,
            ChoicePolicy::Never => false,
        };
        self.choice.as_ref().filter(|_| counts)
    }
}

/// The menu.
pub(super) struct ServerMenu {
    shared: Rc<Shared>,
    element: HtmlElement,
    in_use: Element,
    fields: Rc<Fields>,
    /// What was shown last; what the person chooses meanwhile is theirs.
    fallback: Option<bool>,
    _changed: Listener,
}

/// What a choice of the kind of server changes.
struct Fields {
    select: HtmlSelectElement,
    address: HtmlInputElement,
    room_hint: Element,
    own: String,
}

impl ServerMenu {
    /// Builds it into the lobby.
    pub(super) fn new(lobby: &Element, shared: &Rc<Shared>) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let options = &shared.options.server;
        let fields = Rc::new(Fields {
            select: dom::find(&element, "select")?,
            address: dom::find(&element, "input")?,
            room_hint: dom::find(lobby, "small")?,
            own: options.dialect.clone(),
        });
        fill(&fields.select, options.has_mapping)?;
        show_error(&element, options.error)?;
        dom::set_flag(&element, "open", options.error.is_some());
        let last: Element = dom::find(lobby, "[data-second-tab]")?;
        dom::find::<Element>(lobby, ".entry")?.insert_before(&element, Some(&last))?;
        let hinted = fields.clone();
        let _changed = Listener::new(&fields.select, "change", move |_| hinted.show_hint());
        let in_use = dom::find(lobby, "[data-server]")?;
        Ok(Self { shared: shared.clone(), in_use, fields, fallback: None, element, _changed })
    }

    /// Shows the state of things.
    pub(super) fn render(&mut self, view: &RoomView) {
        let options = &self.shared.options.server;
        let choice = options.choice_in_force(view.fallback);
        let offered = match options.choice_policy {
            ChoicePolicy::Always => true,
            ChoicePolicy::WithoutServer => view.fallback,
            ChoicePolicy::Never => false,
        };
        dom::set_flag(&self.element, "hidden", !offered);
        let sentence = choice.map(|choice| text::server(choice, options.from_link)).unwrap_or_default();
        dom::set_text(&self.in_use, &sentence);
        if self.fallback.replace(view.fallback) != Some(view.fallback) {
            self.fields.select.set_value(choice.map_or("", |choice| &choice.dialect));
            self.fields.address.set_value(choice.map_or("", |choice| &choice.url));
            self.fields.show_hint();
        }
    }
}

impl Fields {
    /// What is to be known of this kind of server.
    fn show_hint(&self) {
        let chosen = self.select.value();
        let name = if chosen.is_empty() { &self.own } else { &chosen };
        let room = dialects::named(name).map_or(ANY_NAME, |listed| (listed.about)().room);
        dom::set_text(&self.room_hint, dom::translate(room));
        dom::set_flag(&self.room_hint, "hidden", room == ANY_NAME);
        let label = self.address.parent_element();
        label.iter().for_each(|label| dom::set_flag(label, "hidden", chosen.is_empty() || !needs_url(name)));
    }
}

/// The first is what the page itself is set up for.
fn fill(select: &HtmlSelectElement, has_mapping: bool) -> Result<(), JsValue> {
    let offered = dialects::ALL.iter().filter(|listed| has_mapping || listed.name != mapping::NAME);
    let listed = offered.map(|listed| (listed.name, (listed.about)().title));
    for (name, title) in [("", text::own_server())].into_iter().chain(listed) {
        let option = dom::instantiate("<option></option>")?;
        dom::set_attribute(&option, "value", Some(name));
        dom::set_text(&option, dom::translate(title));
        select.append_child(&option)?;
    }
    Ok(())
}

fn show_error(root: &Element, error: Option<ChoiceError>) -> Result<(), JsValue> {
    let sentence: Element = dom::find(root, ".wrong")?;
    dom::set_text(&sentence, error.map(text::choice).unwrap_or_default());
    Ok(())
}

/// Goes over to the server that the menu shows: the page begins anew, with it in its address.
pub(super) fn apply(shared: &Rc<Shared>, _: &Element) {
    let _ = try_apply(shared);
}

/// Goes on without a server.
pub(super) fn use_fallback(shared: &Rc<Shared>, _: &Element) {
    shared.send(Command::UseFallback);
}

fn try_apply(shared: &Shared) -> Result<(), JsValue> {
    let field = |selector| dom::find::<HtmlInputElement>(&shared.frame, selector).map(|input| input.value());
    let dialect = dom::find::<HtmlSelectElement>(&shared.frame, "select")?.value();
    let choice = if dialect.is_empty() {
        Ok(None)
    } else {
        choice::validate(&dialect, &field("input[name=server]")?).map(Some)
    };
    show_error(&shared.frame, choice.as_ref().err().copied())?;
    let Ok(choice) = choice else { return Ok(()) };
    choice::remember(choice.as_ref());
    begin_anew(shared, |query| choice::put(query, choice.as_ref()))
}

/// Begins the page anew, with another address, in the lobby. It is loaded even if nothing but the fragment changes.
pub(super) fn begin_anew(shared: &Shared, change: impl FnOnce(&UrlSearchParams)) -> Result<(), JsValue> {
    let field = |selector| dom::find::<HtmlInputElement>(&shared.frame, selector).map(|input| input.value());
    let window = web_sys::window().ok_or("no window")?;
    let url = Url::new(&window.location().href()?)?;
    if let (Ok(room), Ok(name)) = (field("input[name=room]"), field("input[name=name]")) {
        names::remember(&name);
        link::name_room(&url, &room)?;
    }
    change(&url.search_params());
    // A page that is reloaded in a call goes on with it.
    shared.send(Command::Leave);
    window.history()?.replace_state_with_url(&JsValue::NULL, "", Some(&url.href()))?;
    window.location().reload()
}
