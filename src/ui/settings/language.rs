//! Which language the page speaks.

use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Element, HtmlSelectElement};

use crate::dom::{self, Language};
use crate::ui::language;

/// Lists the languages, each by its own name.
pub(super) fn build(root: &Element) -> Result<(), JsValue> {
    let list: HtmlSelectElement = dom::find(root, "[data-language] select")?;
    for language in Language::ALL {
        let option = dom::instantiate("<option></option>")?;
        dom::set_attribute(&option, "value", Some(language.tag()));
        dom::set_attribute(&option, "lang", Some(language.tag()));
        dom::set_text(&option, language.name());
        list.append_child(&option)?;
    }
    list.set_value(language::remembered().map_or("", Language::tag));
    Ok(())
}

/// Keeps the language that was chosen in the list, if `target` is that, and says when it counts. `None` if it is another.
pub(super) fn choose(target: &Element) -> Option<()> {
    let section = target.closest("[data-language]").ok().flatten()?;
    let chosen = Language::of_tag(&target.dyn_ref::<HtmlSelectElement>()?.value());
    language::remember(chosen);
    let hint: Element = dom::find(&section, ".hint").ok()?;
    dom::set_text(&hint, dom::message!("The page speaks it when it is loaded the next time."));
    Some(())
}
