//! Which part of the shell (src/) may use which.

use super::{Findings, Source};

/// From the top of the shell to its bottom.
const LAYERS: &[Layer] = &[
    Layer {
        modules: &["main", "lib", "element", "api"],
        may_use: &[
            "main",
            "lib",
            "element",
            "api",
            "driver",
            "rtc",
            "media",
            "socket",
            "probe",
            "ui",
            "tracks",
            "files",
            "storage",
            "dom",
            "on_demand",
        ],
    },
    Layer {
        modules: &["driver"],
        may_use: &["rtc", "media", "socket", "probe", "tracks", "dom", "on_demand"],
    },
    Layer {
        modules: &["rtc", "media", "socket", "probe", "ui"],
        may_use: &["tracks", "files", "storage", "dom", "on_demand"],
    },
    Layer { modules: &["files"], may_use: &["storage", "dom", "on_demand"] },
    Layer { modules: &["tracks", "storage", "dom", "on_demand"], may_use: &["tracks", "dom", "on_demand"] },
];

/// Modules that may use the same others.
struct Layer {
    modules: &'static [&'static str],
    may_use: &'static [&'static str],
}

/// Checks every path that starts with `crate::` or climbs there with `super::`.
pub(super) fn check(sources: &[Source]) -> Findings {
    sources.iter().filter(|source| source.name.starts_with("src/")).flat_map(check_file).collect()
}

fn check_file(source: &Source) -> Findings {
    let path: Vec<&str> = source.name.trim_start_matches("src/").trim_end_matches(".rs").split('/').collect();
    let from = path[0];
    let Some(layer) = layer_of(from) else {
        return vec![format!(
            "{}: module {from} has no place in the map: add it to xtask/src/tidy/modules.rs",
            source.name
        )];
    };
    let depth = path.iter().filter(|part| **part != "mod").count();
    let used = used_modules(&source.code, depth);
    let forbidden = used.into_iter().filter(|to| to != from && !may_use(layer, to));
    forbidden.map(|to| format!("{}: {from} must not use {to}", source.name)).collect()
}

fn layer_of(module: &str) -> Option<&'static Layer> {
    LAYERS.iter().find(|layer| layer.modules.contains(&module))
}

/// Names that are no module (an item of the crate's root) are nobody's concern.
fn may_use(layer: &Layer, to: &str) -> bool {
    layer_of(to).is_none() || layer.may_use.contains(&to)
}

/// The top-level modules that a file at this depth names.
fn used_modules(code: &str, depth: usize) -> Vec<String> {
    let climbing = "super::".repeat(depth);
    let mut used: Vec<String> =
        ["crate::", &climbing].iter().flat_map(|start| after_each(code, start)).collect();
    used.sort();
    used.dedup();
    used
}

fn after_each(code: &str, start: &str) -> Vec<String> {
    let places = code.match_indices(start).filter(|(at, _)| stands_alone(&code[..*at]));
    places.flat_map(|(at, _)| heads(&code[at + start.len()..])).collect()
}

/// A path begins here: nothing of a longer one stands before it.
fn stands_alone(before: &str) -> bool {
    !before.ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':')
}

/// The first names of what follows: one, or those of a group in braces.
fn heads(rest: &str) -> Vec<String> {
    if !rest.starts_with('{') {
        return vec![head(rest)];
    }
    let mut depth = 0_usize;
    let mut names = vec![head(&rest[1..])];
    for (at, c) in rest.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 1 => break,
            '}' => depth -= 1,
            ',' if depth == 1 => names.push(head(&rest[at + 1..])),
            _ => {}
        }
    }
    names
}

fn head(rest: &str) -> String {
    rest.trim_start().chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_modules_in_groups_and_climbs() {
        let code =
            "use crate::{dom::{Listener, x}, media};\nfn f() { crate::rtc::go(); visavis_crate::ui::x() }";
        assert_eq!(used_modules(code, 1), ["dom", "media", "rtc"]);
        assert_eq!(used_modules("use super::super::socket::Socket; use super::stats;", 2), ["socket"]);
    }

    #[test]
    fn arrows_point_down_and_never_sideways() {
        let may = |from: &str, to: &str| may_use(layer_of(from).unwrap(), to);
        assert!(may("driver", "rtc"));
        assert!(may("ui", "dom"));
        assert!(may("element", "driver"));
        assert!(may("element", "ui"));
        assert!(may("ui", "Unknown"));
        assert!(!may("ui", "rtc"));
        assert!(!may("dom", "ui"));
        assert!(!may("media", "driver"));
        assert!(!may("driver", "ui"));
        assert!(!may("ui", "driver"));
    }
}
