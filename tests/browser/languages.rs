//! Messages in other languages, held against what the browser knows of those.

use js_sys::{Array, Reflect};
use visavis::dom::by_name::{call, construct};
use visavis_app::messages::{Language, format};
use wasm_bindgen::JsValue;
use wasm_bindgen_test::wasm_bindgen_test;

const EVERY_CATEGORY: &str =
    "{count, plural, zero {zero} one {one} two {two} few {few} many {many} other {other}}";

#[wasm_bindgen_test]
fn numbers_take_the_forms_that_cldr_gives_them() {
    let intl = Reflect::get(&js_sys::global(), &"Intl".into()).unwrap();
    for language in Language::ALL {
        let rules = construct(&intl, "PluralRules", &Array::of1(&language.tag().into())).unwrap();
        for count in (0..=250_u32).chain([1000, 1003, 1011, 10_000]) {
            let expected = call(&rules, "select", &[&JsValue::from(count)]).unwrap().as_string().unwrap();
            let found = format(language, EVERY_CATEGORY, &[("count", &count.to_string())]);
            assert_eq!(found, expected, "{count} in {language:?}");
        }
    }
}
