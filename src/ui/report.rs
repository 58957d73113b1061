//! What the flight recorder says, saved as a file.

use std::rc::Rc;

use js_sys::encode_uri_component;
use web_sys::Element;

use super::shared::Shared;
use super::text;
use crate::dom;

/// What the file is called.
const NAME: &str = "visavis-report.json";

/// Saves what happened so far among the person's downloads.
pub(super) fn save(shared: &Rc<Shared>, _: &Element) {
    download(NAME, &shared.room.report().unwrap_or_default());
    shared.toasts.show(text::report_saved());
}

/// Saves a file among the person's downloads.
pub(super) fn download(name: &str, json: &str) {
    if let Ok(link) = dom::instantiate("<a></a>") {
        save_by(&link, name, json);
        link.click();
    }
}

/// Makes a link save the report.
pub(super) fn point(link: &Element, report: &str) {
    save_by(link, NAME, report);
}

/// Makes a link save a file. The whole of it is in the link: nothing has to be kept, or given back.
fn save_by(link: &Element, name: &str, json: &str) {
    // Browsers number those of the same name.
    dom::set_attribute(link, "download", Some(name));
    let json = String::from(encode_uri_component(json));
    dom::set_attribute(link, "href", Some(&["data:application/json,", &json].concat()));
}
