//! What the flight recorder says, saved as a file.

use js_sys::encode_uri_component;
use web_sys::Element;

use super::shared::Shared;
use super::text;
use crate::dom;

/// Saves what happened so far among the person's downloads.
pub(super) fn save(shared: &Shared) {
    if let Ok(link) = dom::instantiate("<a></a>") {
        point(&link, &(shared.report)());
        link.click();
        shared.toasts.say(text::REPORT_SAVED);
    }
}

/// Makes a link save the report. The whole of it is in the link: nothing has to be kept, or given back.
pub(super) fn point(link: &Element, report: &str) {
    // Browsers number those of the same name.
    dom::set_attribute(link, "download", Some("visavis-report.json"));
    let report = String::from(encode_uri_component(report));
    dom::set_attribute(link, "href", Some(&["data:application/json,", &report].concat()));
}
