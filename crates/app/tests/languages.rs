//! Whether every message of the page is translated into every language, with the arguments that it has.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use visavis_app::messages::{Language, Messages, format, texts_in_html};
use visavis_signaling::dialects;

/// The macros around messages.
const MACROS: [&str; 2] = ["message", "message_key"];
/// Texts in markup that are the same in all languages.
const NOT_TRANSLATED: [&str; 2] = ["Visavis", "wss://example.org/ws"];
/// What the page does not show.
const ANY_NAME: &str = "any name";
/// Hints of dialects that are translated; their names are not, nor is what is said of any name.
const TRANSLATED_TITLES: [&str; 3] = ["visavis", "tabs", "mapping"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|of| of == extension) {
            found.push(path);
        }
    }
}

/// Every literal text of `tokens`; if `marked`, only those inside of the macros around messages.
fn literals(tokens: TokenStream, marked: bool, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => {
                let name = at.checked_sub(2).and_then(|at| tokens.get(at));
                let is_message = group.delimiter() == Delimiter::Parenthesis
                    && name.is_some_and(|name| MACROS.contains(&name.to_string().as_str()));
                literals(group.stream(), marked && !is_message, found);
            }
            TokenTree::Literal(literal) if !marked => {
                found.extend(syn::parse_str::<syn::LitStr>(&literal.to_string()).map(|text| text.value()));
            }
            TokenTree::Literal(_) | TokenTree::Ident(_) | TokenTree::Punct(_) => (),
        }
    }
}

/// Every English message, and where it is from.
fn messages() -> BTreeMap<String, String> {
    let mut messages = BTreeMap::new();
    let mut add = |text: &str, place: &Path| {
        let is_message = text.chars().any(char::is_alphabetic) && !text.starts_with("{\n");
        if is_message && !NOT_TRANSLATED.contains(&text) {
            messages.entry(text.to_owned()).or_insert_with(|| place.display().to_string());
        }
    };
    let (mut sources, mut templates) = (Vec::new(), Vec::new());
    for folder in ["src", "crates/app/src"] {
        files(&root().join(folder), "rs", &mut sources);
        files(&root().join(folder), "html", &mut templates);
    }
    for path in &sources {
        // The doc comment of the macros has examples, which are no tokens.
        let tokens: TokenStream = fs::read_to_string(path).unwrap().parse().unwrap();
        let (mut marked, mut all) = (Vec::new(), Vec::new());
        literals(tokens.clone(), true, &mut marked);
        literals(tokens, false, &mut all);
        marked.iter().for_each(|text| add(text, path));
        // Small pieces of markup stand in the code.
        let markup = all.iter().filter(|text| path.starts_with(root().join("src")) && text.starts_with('<'));
        markup.flat_map(|html| texts_in_html(html)).for_each(|text| add(text, path));
    }
    for path in &templates {
        let html = fs::read_to_string(path).unwrap();
        texts_in_html(&html).into_iter().for_each(|text| add(text, path));
    }
    for listed in dialects::ALL {
        let about = (listed.about)();
        if about.room != ANY_NAME {
            add(about.room, Path::new("crates/signaling"));
        }
        if TRANSLATED_TITLES.contains(&listed.name) {
            add(about.title, Path::new("crates/signaling"));
        }
    }
    messages
}

fn translated() -> impl Iterator<Item = (Language, Messages)> {
    Language::ALL.into_iter().filter(|language| *language != Language::English).map(|language| {
        let path = root().join("www/languages").join(language.tag()).with_extension("json");
        (language, Messages::parse(language, &fs::read_to_string(path).unwrap()).unwrap())
    })
}

/// What stands between the outermost braces of a text, one after the other.
fn braced(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut begin) = (Vec::new(), 0, 0);
    for (at, c) in text.char_indices() {
        match c {
            '{' => {
                depth += 1;
                if depth == 1 {
                    begin = at + 1;
                }
            }
            '}' => {
                depth -= 1;
                if depth == 0 {
                    found.push(&text[begin..at]);
                }
            }
            _ => (),
        }
    }
    assert_eq!(depth, 0, "braces without a partner: {text}");
    found
}

/// The names of the arguments of a message, also in the cases of its choices.
fn arguments(message: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::new();
    for argument in braced(message) {
        let (name, choice) = argument.split_once(',').unwrap_or((argument, ""));
        names.insert(name);
        names.extend(braced(choice).into_iter().flat_map(arguments));
    }
    names
}

#[test]
fn every_message_is_translated_into_every_language() {
    let messages = messages();
    assert!(messages.len() > 300, "{} messages were found", messages.len());
    for (language, translations) in translated() {
        let missing: Vec<_> = messages.iter().filter(|(text, _)| translations.get(text).is_none()).collect();
        assert!(missing.is_empty(), "{language:?} lacks {missing:#?}");
    }
}

#[test]
fn no_translation_is_of_a_message_that_is_gone() {
    let messages = messages();
    for (language, translations) in translated() {
        let gone: Vec<_> = translations.keys().filter(|text| !messages.contains_key(*text)).collect();
        assert!(gone.is_empty(), "{language:?} has what no code says: {gone:#?}");
    }
}

#[test]
fn translations_have_the_arguments_of_their_message() {
    for (language, translations) in translated() {
        for english in translations.keys() {
            let translation = translations.get(english).unwrap();
            assert_eq!(arguments(translation), arguments(english), "{language:?}: {translation}");
        }
    }
}

#[test]
fn choices_are_complete() {
    for (language, translations) in translated() {
        for english in translations.keys() {
            let message = translations.get(english).unwrap();
            let values = ["0", "1", "2", "3", "11", "100", "microphone", "speaker", "camera and microphone"];
            for value in values {
                let given: Vec<_> = arguments(english).into_iter().map(|name| (name, value)).collect();
                let said = format(language, message, &given);
                assert!(!said.trim().is_empty(), "{language:?}: nothing is said for {value} of {message}");
                let plain =
                    !said.contains(['{', '}']) && !said.contains(", plural") && !said.contains(", select");
                assert!(plain, "{language:?}: {said}");
            }
        }
    }
}

#[test]
fn languages_keep_to_their_quotation_marks() {
    for (language, translations) in translated() {
        for english in translations.keys() {
            let message = translations.get(english).unwrap();
            // An apostrophe quotes in ICU MessageFormat.
            assert!(!message.contains('\''), "{language:?}: {message}");
        }
    }
}

#[test]
fn without_a_network_the_page_speaks_every_language_too() {
    let worker = fs::read_to_string(root().join("www/visavis-service-worker.js")).unwrap();
    for language in Language::ALL {
        assert!(worker.contains(&format!("\n  {}: [\n", language.tag())), "{language:?}");
    }
}
