//! The user interface: shows a [`RoomView`] and turns what a person does into [`Command`]s. It keeps no truth of its own.
//!
//! A screen is built when the state first needs it and dropped when it does not; [`Ui::render`] then only touches what
//! has changed. Styles are in `www/visavis.css`, markup in the `.html` beside each part, sentences in `text.rs`; all in English, which
//! `dom::language` translates.

mod actions;
pub mod choice;
mod controls;
mod details;
mod dialog;
mod halt;
mod interactions;
mod language;
mod layouts;
mod left;
pub mod link;
mod lobby;
pub mod mapping_editor;
mod names;
mod notices;
mod own_devices;
mod own_page;
mod own_tile;
mod picture;
mod preflight;
mod push_to_talk;
mod recording;
mod report;
mod safety;
mod second_tab;
mod server;
mod service_worker;
pub mod settings;
mod shared;
mod shortcuts;
mod stage;
mod styles;
mod text;
mod tile;
mod tiles;
mod title;
mod toasts;
mod trace;
mod track_level;
mod unfinished_recordings;
mod visibility;

use std::cell::{Cell, OnceCell, RefCell};
use std::rc::{Rc, Weak};

use visavis_core::{Command, DetailsSample, Event, InteractionEvent, Lifecycle, RoomView};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

pub use halt::{show_config_error, show_config_unavailable, show_not_loaded, show_panic};
pub use language::remembered as remembered_language;
pub use mapping_editor::MappingEditorOptions;
pub use server::ServerOptions;

use crate::dom::{self, Listener, Parts};
use crate::on_demand::{self, lazy_fn};
use crate::tracks::Tracks;
use left::Left;
use lobby::Lobby;
use own_page::OwnPage;
use own_tile::OwnTile;
use shared::Shared;
use stage::Stage;
use toasts::Toasts;

const HTML: &str = "<div class=\"frame\"><div class=\"toasts\" role=\"status\"></div></div>";

/// What the page wants of the user interface.
#[derive(Debug, Clone, Default)]
pub struct UiOptions {
    /// The room that the lobby proposes; empty for one at random.
    pub room: String,
    /// The name that the lobby proposes; empty for the one the person used last.
    pub name: String,
    /// How many people the lobby says a room takes, as long as the server does not tell.
    pub capacity: Option<u32>,
    /// The signaling server, and whether another can be chosen.
    pub server: ServerOptions,
    /// Texts that are never shown.
    pub secrets: Vec<String>,
    /// What the panel of messages begins with.
    pub mapping_editor: MappingEditorOptions,
    /// Whether to show the messages that pass from the beginning.
    pub trace: bool,
    /// Whether a page of ours registers a service worker.
    pub service_worker: bool,
    /// Whether the page is ours: then a link can carry the room (`#room=R`).
    pub app_link: bool,
}

/// The room that a user interface shows, as far as it has to do with it.
pub trait RoomHandle {
    /// Does what the person asks for. The answer may be a new view before this returns.
    fn command(&self, command: Command);
    /// Makes a report of what has happened so far, once the other part of the program is there.
    fn report(&self) -> Option<String>;
    /// Ends the room for good, because it cannot be shown: nobody could see or switch off anything.
    fn abort(&self);
}

/// The user interface, as long as it lives: dropping it empties its root and removes its listeners.
pub struct Ui {
    root: HtmlElement,
    shared: Rc<Shared>,
    screen: RefCell<Option<Screen>>,
    /// The stage, built and laid out while the lobby is there.
    stage: RefCell<Option<Stage>>,
    /// On a page of our own, once the call is loaded.
    page: OnceCell<OwnPage>,
    _listeners: Vec<Listener>,
}

enum Screen {
    Lobby(Lobby),
    Stage(Stage),
    Left(Left),
}

impl Ui {
    /// Builds it into `root`, instead of whatever is there. It shows nothing before the first [`Ui::render`].
    ///
    /// # Errors
    /// If the browser lacks something that it cannot do without.
    pub fn mount(
        root: &HtmlElement,
        tracks: Tracks,
        options: UiOptions,
        room: Box<dyn RoomHandle>,
    ) -> Result<Rc<Self>, JsValue> {
        let (document, frame) = (dom::document()?, dom::instantiate(HTML)?);
        let page = document.document_element().filter(|_| options.app_link);
        [Some(frame.clone().into()), page].iter().flatten().for_each(language::mark);
        let toasts = Toasts::new(&frame)?;
        let ui = Rc::new_cyclic(|ui: &Weak<Self>| {
            let shared = Rc::new(Shared {
                frame,
                tracks,
                options,
                toasts,
                own_tile: OwnTile::default(),
                view: RefCell::default(),
                trace: RefCell::default(),
                settings: RefCell::default(),
                push_to_talk: RefCell::default(),
                layouts: RefCell::default(),
                interactions: RefCell::default(),
                recordings: RefCell::default(),
                details: RefCell::default(),
                shortcuts: RefCell::default(),
                room,
                ui: ui.clone(),
                loading: Cell::default(),
            });
            Self {
                root: root.clone(),
                page: OnceCell::new(),
                _listeners: actions::listen(&shared, &document),
                shared,
                screen: RefCell::default(),
                stage: RefCell::default(),
            }
        });
        let shared = &ui.shared;
        root.replace_children_with_node_1(&shared.frame);
        if shared.options.trace {
            // The part of the program that it is in is loaded before a room is made.
            lazy_fn::<fn(&Rc<Shared>, &Element)>(trace::open)(shared, &shared.frame);
        }
        Ok(ui)
    }

    /// Whether something of it was taken out of the page, by an extension for instance: [`Ui::render`] builds it again. An
    /// element that is itself out of the page misses nothing.
    pub fn is_damaged(&self) -> bool {
        let whole = |screen: &Option<Screen>| screen.as_ref().is_none_or(Screen::is_whole);
        let there = self.shared.frame.is_connected() && whole(&self.screen.borrow());
        self.root.is_connected() && !there
    }

    /// Builds, while nothing else is to be done, what a call will show, shows a call in it that does not exist, and has it laid
    /// out: whoever joins shall not wait for elements to be made, for code to be compiled, or for texts to be measured.
    pub fn prepare_stage(&self, view: &RoomView) {
        if let Some(Screen::Lobby(lobby)) = &*self.screen.borrow() {
            *self.stage.borrow_mut() = self.prepared_stage(view, lobby).ok();
        }
        unfinished_recordings::show_found(&self.shared);
        service_worker::follow(&self.shared);
    }

    fn prepared_stage(&self, imagined: &RoomView, lobby: &Lobby) -> Result<Stage, JsValue> {
        let mut stage = Stage::new(&self.shared)?;
        stage.render(imagined)?;
        if let Some(view) = self.shared.view() {
            stage.render(&view)?;
        }
        lobby.prepare(&stage)?;
        Ok(stage)
    }

    /// Tells what has happened, in passing.
    pub fn event(&self, event: &Event) {
        match event {
            Event::ParticipantJoined(_, name) => {
                self.shared.toasts.show_later(text::joined(text::name(name)));
            }
            Event::ParticipantLeft(_, name) => self.shared.toasts.show_later(text::gone(text::name(name))),
            // Only a server whose language is in that part of the program says so, and only that part knows devices.
            Event::Muted(_) | Event::DeviceChanged(..) => {
                let words = lazy_fn::<fn(&Event) -> String>(text::devices::event)(event);
                self.shared.toasts.show(&words);
            }
            // Nobody hears of them before that part is there.
            Event::Interaction(event) => {
                lazy_fn::<fn(&Rc<Shared>, &InteractionEvent)>(interactions::event)(&self.shared, event);
            }
            // For logs: a person could do nothing about it.
            Event::ProtocolError(_) => {}
            Event::Details(sample) => {
                lazy_fn::<fn(&Rc<Shared>, &DetailsSample)>(details::event)(&self.shared, sample);
            }
            Event::Traced(kind, text) => self.shared.trace(*kind, text),
        }
    }

    /// Says that the room has ended for good, and offers a report of it. Fit for a panic hook.
    pub fn show_aborted(&self) {
        let _ = self.shared.view.try_borrow_mut().map(|mut view| view.take());
        show_panic(&self.root);
        // Last: if this fails too, the person has been told at least.
        let (root, shared) = (self.root.clone(), Rc::clone(&self.shared));
        on_demand::load_then(Box::new(move |loaded| {
            if loaded.is_ok()
                && let Some(report) = shared.room.report()
            {
                halt::offer_report(&root, &report);
            }
        }));
    }

    /// Shows a view. Showing the same one again changes nothing, but builds what was taken out of the page. If the browser
    /// does not make the elements it is asked for, the room is aborted.
    pub fn render(&self, view: &Rc<RoomView>) {
        let before = self.shared.view.replace(Some(Rc::clone(view)));
        if before.is_some_and(|before| Rc::ptr_eq(&before, view)) && !self.is_damaged() {
            return;
        }
        self.refresh();
    }

    /// Shows the last view once more. Not while it is being shown.
    fn refresh(&self) {
        let shown = self.shared.view().map_or(Ok(()), |view| self.try_render(&view));
        if let Err(error) = shown {
            web_sys::console::error_1(&error);
            self.shared.room.abort();
        }
    }

    fn try_render(&self, view: &RoomView) -> Result<(), JsValue> {
        self.restore_frame()?;
        let mut screen = self.screen.borrow_mut();
        let attached = self.root.is_connected();
        let stands = |screen: &Screen| !attached || screen.parts().are_there();
        let stays = screen.as_ref().is_some_and(|screen| screen.shows(view.lifecycle) && stands(screen));
        if !stays {
            actions::release_focus(&self.shared);
        }
        dom::set_attribute(&self.root, "data-state", Some(view.lifecycle.as_str()));
        dom::set_attribute(&self.root, "data-problem", view.problem.as_ref().map(notices::code));
        dom::set_attribute(&self.root, "data-obstacle", notices::obstacle(view));
        dom::set_flag(&self.root, "data-fallback", view.fallback);
        if !stays {
            let stage = self.stage_for(view)?;
            let before = screen.take().inspect(Screen::remove);
            let new = Screen::new(&self.shared, view, stage)?;
            if let (Screen::Lobby(new), Some(Screen::Lobby(before))) = (&new, &before) {
                new.keep_typed(before);
            }
            *screen = Some(new);
        }
        screen.as_mut().map_or(Ok(()), |screen| screen.render(view))?;
        if view.devices.is_some() {
            // Only the part of the program that is loaded on demand knows devices.
            lazy_fn::<fn(&Rc<Shared>, &RoomView)>(settings::render)(&self.shared, view);
        }
        if view.interactions.is_some() {
            lazy_fn::<fn(&Rc<Shared>, &RoomView)>(interactions::render)(&self.shared, view);
        }
        if self.shared.options.app_link && on_demand::is_call_loaded() {
            let page = self.page.get_or_init(|| OwnPage::new(&self.shared.frame));
            page.render(view, &self.shared.options);
        }
        Ok(())
    }

    /// The stage, if there is a call. It has our own tile before the lobby goes, so that this stays in the page.
    fn stage_for(&self, view: &RoomView) -> Result<Option<Stage>, JsValue> {
        let prepared = self.stage.take();
        if !view.lifecycle.in_call() {
            return Ok(None);
        }
        let mut stage = prepared.map_or_else(|| Stage::new(&self.shared), Ok)?;
        stage.take_own_tile()?;
        Ok(Some(stage))
    }

    fn restore_frame(&self) -> Result<(), JsValue> {
        if self.root.is_connected() {
            if !self.shared.frame.is_connected() {
                self.root.append_child(&self.shared.frame)?;
            }
            self.shared.toasts.restore(&self.shared.frame);
        }
        Ok(())
    }
}

impl Drop for Ui {
    fn drop(&mut self) {
        // After a crash or a second mount, what is in the root is not ours any more.
        if self.shared.frame.parent_node().is_some() {
            self.shared.frame.remove();
            for name in ["data-state", "data-problem", "data-obstacle", "data-fallback"] {
                dom::set_attribute(&self.root, name, None);
            }
        }
    }
}

impl Screen {
    fn new(shared: &Rc<Shared>, view: &RoomView, stage: Option<Stage>) -> Result<Self, JsValue> {
        if stage.is_none() {
            drop(shared.layouts.take());
            drop(shared.details.take());
        }
        Ok(match stage {
            Some(stage) => {
                stage.enter(view)?;
                Self::Stage(stage)
            }
            None if view.lifecycle == Lifecycle::Left => {
                shared.own_tile.clear();
                Self::Left(Left::new(shared)?)
            }
            None => Self::Lobby(Lobby::new(shared, view)?),
        })
    }

    /// Takes it out of the page.
    fn remove(&self) {
        match self {
            Self::Lobby(lobby) => lobby.remove(),
            Self::Stage(stage) => stage.remove(),
            Self::Left(left) => left.remove(),
        }
    }

    fn shows(&self, lifecycle: Lifecycle) -> bool {
        match self {
            Self::Lobby(_) => matches!(lifecycle, Lifecycle::Lobby | Lifecycle::Joining),
            Self::Stage(_) => lifecycle.in_call(),
            Self::Left(_) => lifecycle == Lifecycle::Left,
        }
    }

    fn parts(&self) -> &Parts {
        match self {
            Self::Lobby(lobby) => lobby.parts(),
            Self::Stage(stage) => stage.parts(),
            Self::Left(left) => left.parts(),
        }
    }

    fn is_whole(&self) -> bool {
        match self {
            Self::Stage(stage) => stage.is_whole(),
            Self::Lobby(_) | Self::Left(_) => self.parts().are_there(),
        }
    }

    fn render(&mut self, view: &RoomView) -> Result<(), JsValue> {
        match self {
            Self::Lobby(lobby) => lobby.render(view),
            Self::Stage(stage) => stage.render(view),
            Self::Left(left) => left.render(view),
        }
    }
}
