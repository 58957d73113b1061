//! The details of the connection to one person: figures and plots of the last two minutes, in a dialog. Loaded on demand, with
//! its styles; nothing is read for it while it is not open.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use visavis_app::details::{DetailsHistory, PLOT_HEIGHT, PLOT_WIDTH, Section};
use visavis_core::signaling::ParticipantId;
use visavis_core::{Command, DetailsSample};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlElement};

use super::dialog::{self, Dialog};
use super::shared::Shared;
use super::{actions, link, names, styles, text};
use crate::dom;

const HTML: &str = include_str!("details.html");
const STYLES: &str = include_str!("details.css");
const SECTION: &str = "<section><h3></h3><dl></dl></section>";
const FACT: &str = "<div><dt></dt><dd><span></span></dd></div>";
/// The value stands beside the plot as text.
const FIGURE: &str = "<div><dt></dt><dd><span></span><svg viewBox=\"0 0 120 30\" preserveAspectRatio=\"none\" \
    aria-hidden=\"true\"><path/></svg></dd></div>";
/// The view box above.
const _: () = assert!(PLOT_WIDTH == 120);
const _: () = assert!(PLOT_HEIGHT == 30);
/// How often it is looked whether samples still come, in milliseconds: as often as they should.
const WATCH_INTERVAL: i32 = 2000;
/// So many missing samples in a row are no chance.
const MISSED: u32 = 2;

/// The dialog, as long as it is open. Dropping it closes it.
struct Panel {
    dialog: Dialog,
    participant: ParticipantId,
    history: RefCell<DetailsHistory>,
    shown: RefCell<Shown>,
    /// A sample has come since it was looked for one.
    heard: Cell<bool>,
}

/// What the dialog was built for, and the elements that change.
#[derive(Default)]
struct Shown {
    /// Headings and names of rows.
    outline: Vec<String>,
    values: Vec<Element>,
    plots: Vec<Element>,
}

/// Opens it for the person whose tile the button is in.
pub(super) fn open(shared: &Rc<Shared>, button: &Element) {
    let Some((participant, name)) = person(shared, button) else { return };
    let Ok(panel) = Panel::open(shared, participant.clone(), &name).map(Rc::new) else { return };
    *shared.details.borrow_mut() = Some(Rc::clone(&panel) as Rc<_>);
    shared.send(Command::SetDetails(Some(participant)));
    watch(&panel);
}

/// A sample has come.
pub(super) fn event(shared: &Rc<Shared>, sample: &DetailsSample) {
    if let Some(panel) = panel(shared).filter(|panel| panel.participant == sample.participant) {
        panel.heard.set(true);
        panel.history.borrow_mut().add(sample);
        let _ = panel.render();
    }
}

fn panel(shared: &Shared) -> Option<Rc<Panel>> {
    shared.details.borrow().clone()?.downcast().ok()
}

/// Whose tile a button is in, and what they are called.
fn person(shared: &Shared, button: &Element) -> Option<(ParticipantId, String)> {
    let tile = button.closest("[data-participant]").ok().flatten()?;
    let (id, view) = (tile.get_attribute("data-participant")?, shared.view()?);
    let at = view.participants.iter().position(|them| them.id.as_str() == id)?;
    Some((view.participants[at].id.clone(), names::distinct(&view).into_iter().nth(at)?))
}

/// While samples are missing, what they would say is not known.
fn watch(panel: &Rc<Panel>) {
    let panel = Rc::downgrade(panel);
    spawn_local(async move {
        let mut missed = 0;
        loop {
            dom::sleep(WATCH_INTERVAL).await;
            let Some(panel) = panel.upgrade() else { return };
            missed = if panel.heard.replace(false) { 0 } else { missed + 1 };
            if missed >= MISSED {
                panel.history.borrow_mut().miss();
                let _ = panel.render();
            }
        }
    });
}

impl Panel {
    fn open(shared: &Rc<Shared>, participant: ParticipantId, name: &str) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        let title = text::details::title(name);
        dom::set_attribute(&element, "aria-label", Some(&title));
        let heading: Element = dom::find(&element, "h2")?;
        dom::set_text(&heading, &title);
        styles::adopt_styles(&shared.frame, "visavisDetails", STYLES);
        let dialog = Dialog::open(shared, element, &[("click", click), ("close", closed)])?;
        let panel = Self {
            dialog,
            participant,
            history: RefCell::default(),
            shown: RefCell::default(),
            heard: Cell::default(),
        };
        panel.render()?;
        Ok(panel)
    }

    /// Shows the newest values; builds what is not there yet.
    fn render(&self) -> Result<(), JsValue> {
        let sections = self.history.borrow().sections();
        let mut shown = self.shown.borrow_mut();
        let outline = outline(&sections);
        if shown.outline != outline {
            *shown = Shown { outline, ..build(self.dialog.element(), &sections)? };
        }
        let facts = |section: &Section| section.facts.iter().map(|(_, value)| value.clone()).collect();
        let values = |section: &Section| {
            let mut values: Vec<String> = facts(section);
            values.extend(section.figures.iter().map(|figure| figure.value.clone()));
            values
        };
        for (element, value) in shown.values.iter().zip(sections.iter().flat_map(values)) {
            // A measured value has no translation.
            dom::set_text(element, dom::translate(&value));
        }
        let figures = sections.iter().flat_map(|section| &section.figures);
        for (plot, figure) in shown.plots.iter().zip(figures) {
            dom::set_attribute(plot, "d", Some(&figure.path));
        }
        Ok(())
    }
}

fn outline(sections: &[Section]) -> Vec<String> {
    let names = |section: &Section| {
        let facts = section.facts.iter().map(|(name, _)| (*name).to_owned());
        let figures = section.figures.iter().map(|figure| figure.metric.name().to_owned());
        [section.title.to_owned()].into_iter().chain(facts).chain(figures).collect::<Vec<_>>()
    };
    sections.iter().flat_map(names).collect()
}

/// Builds the rows of all sections, without values.
fn build(dialog: &Element, sections: &[Section]) -> Result<Shown, JsValue> {
    let (area, mut shown) = (dom::find::<Element>(dialog, ".sections")?, Shown::default());
    dom::set_text(&area, "");
    for section in sections {
        let element = dom::instantiate(SECTION)?;
        let heading: Element = dom::find(&element, "h3")?;
        dom::set_text(&heading, dom::translate(section.title));
        let list: Element = dom::find(&element, "dl")?;
        for (name, _) in &section.facts {
            let row = row(&list, FACT, name)?;
            shown.values.push(dom::find(&row, "span")?);
        }
        for figure in &section.figures {
            let row = row(&list, FIGURE, figure.metric.name())?;
            dom::set_attribute(&row, "data-metric", Some(figure.metric.as_str()));
            shown.values.push(dom::find(&row, "span")?);
            shown.plots.push(dom::find(&row, "path")?);
        }
        area.append_child(&element)?;
    }
    Ok(shown)
}

fn row(list: &Element, html: &'static str, name: &str) -> Result<HtmlElement, JsValue> {
    let row = dom::instantiate(html)?;
    let term: Element = dom::find(&row, "dt")?;
    dom::set_text(&term, dom::translate(name));
    list.append_child(&row)?;
    Ok(row)
}

fn click(shared: &Rc<Shared>, event: &Event) {
    let Some(panel) = panel(shared) else { return };
    if dialog::is_dismissed_by(event) {
        panel.dialog.close();
    } else if dom::closest(event, "[data-copy]").is_some() {
        copy(&panel);
    }
}

fn copy(panel: &Rc<Panel>) {
    let (text, panel) = (panel.history.borrow().text(), Rc::downgrade(panel));
    spawn_local(async move {
        let copied = link::write_to_clipboard(&text).await.is_ok();
        let Some(panel) = panel.upgrade() else { return };
        if let Ok(status) = dom::find::<Element>(panel.dialog.element(), "[role=status]") {
            dom::set_text(&status, if copied { text::copied() } else { text::details::not_copied() });
        }
    });
}

/// Not in the middle of its own event: its listeners would be dropped while they are called.
fn closed(shared: &Rc<Shared>, _: &Event) {
    let shared = Rc::clone(shared);
    spawn_local(async move {
        let Some(panel) = panel(&shared) else { return };
        shared.details.take();
        shared.send(Command::SetDetails(None));
        focus_button(&shared, &panel.participant);
    });
}

/// The button that has opened it gets the focus.
fn focus_button(shared: &Rc<Shared>, participant: &ParticipantId) {
    let mut buttons = dom::find_all(&shared.frame, "[data-control=details]").into_iter();
    let is_theirs = |button: &HtmlElement| {
        let tile = button.closest("[data-participant]").ok().flatten();
        tile.and_then(|tile| tile.get_attribute("data-participant")).as_deref() == Some(participant.as_str())
    };
    buttons.find(is_theirs).iter().for_each(|button| actions::focus(shared, button));
}
