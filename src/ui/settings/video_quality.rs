//! How much videos may cost.

use visavis_core::{DeviceSettings, VideoQuality};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlSelectElement, Node};

use crate::dom;
use crate::ui::text;

/// Where it is in the dialog.
const SECTION: &str = "[data-video-quality]";
const OPTION: &str = "<option></option>";

/// Adds the list to its section.
pub(super) fn build(dialog: &Element) -> Result<(), JsValue> {
    let list = list(dialog)?;
    for quality in VideoQuality::ALL {
        let option = dom::instantiate(OPTION)?;
        dom::set_attribute(&option, "value", Some(quality.as_str()));
        dom::set_text(&option, text::devices::video_quality(quality));
        list.append_child(&option)?;
    }
    Ok(())
}

/// Shows which is chosen, and what that means.
pub(super) fn render(dialog: &Element, quality: VideoQuality) -> Result<(), JsValue> {
    list(dialog)?.set_value(quality.as_str());
    let hint: Node = dom::find(dialog, &[SECTION, " .hint"].concat())?;
    dom::set_text(&hint, text::devices::video_quality_hint(quality));
    Ok(())
}

/// Puts what a person has just chosen into the settings. Nothing if it was chosen elsewhere.
pub(super) fn read(target: &Element, settings: &mut DeviceSettings) -> Option<()> {
    target.closest(SECTION).ok().flatten()?;
    settings.video_quality = VideoQuality::named(&target.dyn_ref::<HtmlSelectElement>()?.value())?;
    Some(())
}

fn list(dialog: &Element) -> Result<HtmlSelectElement, JsValue> {
    dom::find(dialog, &[SECTION, " select"].concat())
}
