//! The figures that our documents name. `<!-- size:page -->112<!-- /size --> KB` in any of them is written by
//! `cargo xtask size --write`, and held against the bundle by `cargo xtask size`.

use crate::{cargo, dist, paths, process};
use anyhow::{Context as _, Result, ensure};
use std::collections::BTreeMap;

/// Where figures stand.
const DOCUMENTS: [&str; 3] = ["README.md", "CONTRIBUTING.md", "ARCHITECTURE.md"];
const START: &str = "<!-- size:";
const END: &str = "<!-- /size -->";
/// A figure may be off by this before somebody has to write it anew: compilers differ.
const TOLERANCE: f64 = 1.5;

/// Thousands of bytes by name: `lobby` (all that is loaded before there is one), `page` (all that a call needs until it
/// stands), `later` (what it needs then) and `others` (the last part) compressed with brotli, `all` of the last three, and
/// the budgets; and of each package, with the underscores of its name, how much of the program's code is its own before all
/// compression.
pub(super) type Figures = BTreeMap<String, f64>;

const TOTALS: [&str; 7] = ["lobby", "page", "later", "others", "all", "budget", "lobby-budget"];

/// Measures them.
pub(super) fn of([lobby, page, later, others, budget, lobby_budget]: [usize; 6]) -> Result<Figures> {
    let mut figures = packages()?;
    let totals = [lobby, page, later, others, page + later + others, budget, lobby_budget];
    for (name, bytes) in TOTALS.into_iter().zip(totals) {
        figures.insert(name.to_owned(), thousands(bytes));
    }
    Ok(figures)
}

fn thousands(bytes: usize) -> f64 {
    // A bundle is far below 2^32 bytes.
    f64::from(u32::try_from(bytes).unwrap_or(u32::MAX)) / 1000.0
}

fn packages() -> Result<Figures> {
    let mut command = cargo::locked("run");
    command.args(["--quiet", "--package", "visavis-split", "--", "--packages"]);
    let printed = process::output_of(command.arg(dist::bindgen_program()?));
    let printed = printed.context("cannot tell the packages of the program apart")?;
    let read = |line: &str| {
        let (bytes, package) = line.split_once(' ')?;
        Some((package.to_owned(), thousands(bytes.parse().ok()?)))
    };
    Ok(printed.lines().filter_map(read).collect())
}

/// Prints whose code it is, the largest first.
pub(super) fn print(figures: &Figures) {
    let is_package = |name: &str| !name.is_empty() && !TOTALS.contains(&name);
    let mut packages: Vec<_> = figures.iter().filter(|(name, _)| is_package(name)).collect();
    packages.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    println!("\ncode by package, before compression (kB)");
    packages.iter().take(20).for_each(|(name, size)| println!("{name:<44} {size:>9.1}"));
}

/// Writes them into the documents.
pub(super) fn write(figures: &Figures) -> Result<()> {
    for name in DOCUMENTS {
        let file = paths::root().join(name);
        let text = paths::read(&file)?;
        let written = replace(&text, |figure, _| Ok(shown(figure_named(figures, figure)?)))?;
        std::fs::write(&file, written).with_context(|| format!("cannot write {name}"))?;
    }
    Ok(())
}

/// An error if a document names another figure.
pub(super) fn check(figures: &Figures) -> Result<()> {
    for name in DOCUMENTS {
        replace(&paths::read(&paths::root().join(name))?, |figure, stated| {
            let measured = figure_named(figures, figure)?;
            let close = stated.parse().is_ok_and(|stated: f64| (stated - measured).abs() <= TOLERANCE);
            ensure!(
                close,
                "{name} says {stated} for {figure}, and it is {}: `cargo xtask size --write`",
                shown(measured)
            );
            Ok(stated.to_owned())
        })?;
    }
    Ok(())
}

fn figure_named(figures: &Figures, name: &str) -> Result<f64> {
    figures.get(name).copied().with_context(|| format!("there is no figure \"{name}\""))
}

fn shown(thousands: f64) -> String {
    if thousands < 10.0 { format!("{thousands:.1}") } else { format!("{thousands:.0}") }
}

/// The text with something else in place of each figure, given its name and what stands there.
fn replace(text: &str, with: impl Fn(&str, &str) -> Result<String>) -> Result<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(START) {
        let (name, after) = after.split_once(" -->").context("a size has no name")?;
        let (stated, after) = after.split_once(END).context("a size has no end")?;
        out.push_str(&format!("{before}{START}{name} -->{}{END}", with(name, stated)?));
        rest = after;
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_replaced_where_they_stand() {
        let text = "a <!-- size:page -->1<!-- /size --> KB, <!-- size:x_y -->2<!-- /size -->.";
        let doubled = replace(text, |name, stated| Ok(format!("{name}={stated}"))).unwrap();
        assert_eq!(
            doubled,
            "a <!-- size:page -->page=1<!-- /size --> KB, <!-- size:x_y -->x_y=2<!-- /size -->."
        );
        assert!(replace("<!-- size:page -->1", |_, _| Ok(String::new())).is_err());
    }

    #[test]
    fn documents_name_only_figures_that_exist() {
        for name in DOCUMENTS {
            let text = paths::read(&paths::root().join(name)).unwrap();
            assert!(text.contains(START), "{name} names no figure");
            replace(&text, |_, stated| Ok(stated.parse::<f64>()?.to_string())).unwrap();
        }
    }
}
