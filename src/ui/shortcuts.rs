//! The sheet that lists the shortcuts of the keyboard, in a dialog. Loaded on demand, with its styles.

use std::rc::Rc;

use visavis_app::shortcuts::{Place, Shortcut};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlElement, Node};

use super::dialog::{self, Dialog};
use super::shared::Shared;
use super::{actions, styles, text};
use crate::dom;

/// The key that opens it, as `KeyboardEvent.key`.
pub(super) const KEY: &str = Shortcut::Sheet.key();

const HTML: &str = include_str!("shortcuts.html");
const STYLES: &str = include_str!("shortcuts.css");
const SECTION: &str = "<section><h3></h3><dl></dl></section>";
const ROW: &str = "<div><dt></dt><dd></dd></div>";
const KEY_CAP: &str = "<kbd></kbd>";

/// The sheet, as long as it is open. Dropping it closes it.
struct Sheet {
    dialog: Dialog,
    /// What had the focus before.
    focused: Option<HtmlElement>,
}

/// Opens it, or closes it. `opener` is the button that was pressed, if it was one.
pub(super) fn toggle(shared: &Rc<Shared>, opener: &Element) {
    if let Some(sheet) = sheet(shared) {
        return sheet.dialog.close();
    }
    let opened = Sheet::open(shared, opener).ok().map(Rc::new);
    *shared.shortcuts.borrow_mut() = opened.map(|sheet| sheet as Rc<_>);
}

fn sheet(shared: &Shared) -> Option<Rc<Sheet>> {
    shared.shortcuts.borrow().clone()?.downcast().ok()
}

impl Sheet {
    fn open(shared: &Rc<Shared>, opener: &Element) -> Result<Self, JsValue> {
        let element = dom::instantiate(HTML)?;
        for place in Place::ALL {
            element.append_child(&*section(place)?)?;
        }
        // Not every browser focuses a button that is clicked (Safari focuses none).
        let is_button = opener.local_name() == "button";
        let focused = if is_button { Some(opener.clone()) } else { dom::document()?.active_element() };
        styles::adopt_styles(&shared.frame, "visavisShortcuts", STYLES);
        let dialog = Dialog::open(shared, element, &[("click", click), ("close", closed)])?;
        Ok(Self { dialog, focused: focused.map(JsCast::unchecked_into) })
    }
}

/// The shortcuts of one place.
fn section(place: Place) -> Result<HtmlElement, JsValue> {
    let section = dom::instantiate(SECTION)?;
    dom::set_text(&dom::find::<Node>(&section, "h3")?, text::shortcuts::place(place));
    let list: Element = dom::find(&section, "dl")?;
    for shortcut in Shortcut::ALL.into_iter().filter(|shortcut| shortcut.place() == place) {
        let row = dom::instantiate(ROW)?;
        dom::set_attribute(&row, "data-key", Some(shortcut.key()));
        dom::set_text(&dom::find::<Node>(&row, "dt")?, text::shortcuts::shortcut(shortcut));
        let keys: Element = dom::find(&row, "dd")?;
        let shift = shortcut.needs_shift().then_some("Shift");
        let shown = if shortcut.shows_all_keys() { shortcut.keys() } else { &shortcut.keys()[..1] };
        for key in shift.into_iter().chain(shown.iter().copied()) {
            let cap = dom::instantiate(KEY_CAP)?;
            dom::set_text(&cap, &text::shortcuts::key(key));
            keys.append_child(&cap)?;
        }
        list.append_child(&row)?;
    }
    Ok(section)
}

fn click(shared: &Rc<Shared>, event: &Event) {
    if dialog::is_dismissed_by(event) {
        sheet(shared).iter().for_each(|sheet| sheet.dialog.close());
    }
}

/// Not in the middle of its own event: its listeners would be dropped while they are called.
fn closed(shared: &Rc<Shared>, _: &Event) {
    let shared = Rc::clone(shared);
    spawn_local(async move {
        let focused = sheet(&shared).and_then(|sheet| sheet.focused.clone());
        drop(shared.shortcuts.take());
        focused.iter().for_each(|element| actions::focus(&shared, element));
    });
}
