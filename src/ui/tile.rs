//! One person: picture or initials, name, muted or not, and how the connection to them is doing.

use visavis_core::{ConnectionReason, ParticipantView, QualityIssue, SelfView, Source, SourceState};
use wasm_bindgen::JsValue;
use web_sys::{Element, HtmlElement};

use super::picture::Picture;
use super::safety::Safety;
use super::{names, text};
use crate::dom;
use crate::tracks::Tracks;

const HTML: &str = include_str!("tile.html");

/// A tile on the stage, or the preview in the lobby.
pub(super) struct Tile {
    element: HtmlElement,
    avatar: HtmlElement,
    name: Element,
    status: Element,
    picture: Picture,
    safety: Safety,
}

impl Tile {
    /// The tile of somebody else.
    pub(super) fn new() -> Result<Self, JsValue> {
        Self::make(false)
    }

    /// Our own tile, or the lobby's preview.
    pub(super) fn own() -> Result<Self, JsValue> {
        let tile = Self::make(true)?;
        dom::set_flag(&tile.element, "data-self", true);
        Ok(tile)
    }

    /// The tile of what is shown beside a camera: somebody else's, or our own.
    pub(super) fn shared(source: Source, own: bool) -> Result<Self, JsValue> {
        let tile = if own { Self::own() } else { Self::new() }?;
        tile.set("data-source", Some(source.as_str()));
        Ok(tile)
    }

    fn make(own: bool) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        Ok(Self {
            avatar: dom::find(&element, ".avatar")?,
            name: dom::find(&element, ".name")?,
            status: dom::find(&element, ".status")?,
            picture: Picture::new(dom::find(&element, "video")?, own)?,
            safety: Safety::new(&element)?,
            element,
        })
    }

    /// The element to put into the page.
    pub(super) fn element(&self) -> &HtmlElement {
        &self.element
    }

    /// Shows somebody else, under a name that nobody else has here.
    pub(super) fn render(&mut self, tracks: &Tracks, them: &ParticipantView, name: &str) {
        let on = |source| them.publication(source).is_some_and(|publication| publication.on);
        let connection = &them.connection;
        self.set("data-participant", Some(them.id.as_str()));
        self.set("data-connection", Some(connection.state.as_str()));
        self.set("data-reason", Some(connection.reason.as_str()).filter(|reason| !reason.is_empty()));
        self.set_switch("data-microphone", on(Source::Microphone));
        self.set("data-speaking", (them.speaking && on(Source::Microphone)).then_some(""));
        // What does not move any more should not look as if it did.
        let seen =
            !matches!(connection.reason, ConnectionReason::PictureStalled | ConnectionReason::NoPicture)
                && !connection.issue.is_some_and(QualityIssue::stops_their_video);
        self.set_switch("data-camera", seen && them.track(Source::Camera).is_some() && on(Source::Camera));
        self.set_name(name);
        let status = match connection.issue {
            Some(issue) => text::quality::of(issue, name),
            None => text::connection(connection.state, connection.reason, name),
        };
        dom::set_text(&self.status, &status);
        self.set("data-issue", connection.issue.map(|issue| issue.cause.as_str()));
        self.safety.render(connection.fingerprints.as_ref());
        self.picture.show(tracks, [Source::Microphone, Source::Camera].map(|source| them.track(source)));
    }

    /// Shows what somebody else shows beside their camera; `name` is theirs.
    pub(super) fn render_shared(
        &mut self,
        tracks: &Tracks,
        source: Source,
        them: &ParticipantView,
        name: &str,
    ) {
        self.set("data-participant", Some(them.id.as_str()));
        self.set("data-connection", Some(them.connection.state.as_str()));
        let sound = (source == Source::Screen).then(|| them.track(Source::ScreenAudio)).flatten();
        let shown = [sound, them.track(source)];
        self.set_switch("data-camera", shown[1].is_some());
        self.set_name(&text::shared(source, name));
        self.safety.render(None);
        self.picture.show(tracks, shown);
    }

    /// Shows what we show beside our camera.
    pub(super) fn render_own_shared(&mut self, tracks: &Tracks, source: Source, me: &SelfView) {
        self.set("data-participant", me.id.as_ref().map(|id| id.as_str()));
        self.set_switch("data-camera", true);
        self.set_name(text::own_shared(source));
        self.safety.render(None);
        self.picture.show(tracks, [None, me.source(source).track]);
    }

    /// Shows ourselves on the stage.
    pub(super) fn render_self(&mut self, tracks: &Tracks, me: &SelfView) {
        self.set("data-participant", me.id.as_ref().map(|id| id.as_str()));
        let status = text::own_picture(me.source(Source::Camera).state);
        let issue = me.issue.filter(|_| status.is_empty());
        self.set("data-issue", issue.map(|issue| issue.cause.as_str()));
        self.render_own(tracks, me, &me.name, &issue.map_or(status.to_owned(), text::quality::own));
    }

    /// Shows ourselves; `name` is what we are about to be called.
    pub(super) fn render_preview(&mut self, tracks: &Tracks, me: &SelfView, name: &str) {
        self.render_own(tracks, me, name, text::own_picture(me.source(Source::Camera).state));
    }

    fn render_own(&mut self, tracks: &Tracks, me: &SelfView, name: &str, status: &str) {
        let (microphone, camera) = (me.source(Source::Microphone), me.source(Source::Camera));
        self.set_switch("data-microphone", microphone.state == SourceState::On);
        self.set_switch("data-camera", camera.state == SourceState::On);
        self.set_name(text::name(name));
        dom::set_text(&self.status, status);
        self.set("data-wait", (camera.state == SourceState::Starting).then_some(""));
        self.picture.show(tracks, [None, camera.track]);
    }

    fn set_name(&self, name: &str) {
        if self.name.text_content().as_deref() == Some(name) {
            return;
        }
        dom::set_text(&self.name, name);
        self.set("aria-label", Some(name));
        dom::set_text(&self.avatar, &names::initials(name));
        let _ = self.avatar.style().set_property("--hue", &names::hue(name).to_string());
    }

    fn set_switch(&self, name: &str, on: bool) {
        self.set(name, Some(if on { "on" } else { "off" }));
    }

    fn set(&self, name: &str, value: Option<&str>) {
        dom::set_attribute(&self.element, name, value);
    }
}
