//! Which package may depend on which. The pure ones must stay pure, all the way down.

use super::Findings;
use crate::paths;
use anyhow::{Context as _, Result};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// The only arrows between our packages.
const ALLOWED_DEPENDENCIES: &[(&str, &[&str])] = &[
    ("visavis", &["visavis-app", "visavis-core", "visavis-signaling"]),
    ("visavis-app", &["visavis-core", "visavis-signaling"]),
    ("visavis-core", &["visavis-signaling"]),
    ("visavis-hub", &["visavis-signaling"]),
    ("visavis-sim", &["visavis-app", "visavis-core", "visavis-hub", "visavis-signaling"]),
    ("visavis-fuzz", &["visavis-app", "visavis-core", "visavis-hub", "visavis-signaling", "visavis-sim"]),
    ("visavis-server", &["visavis-hub", "visavis-signaling"]),
    ("visavis-e2e", &["visavis-server"]),
    ("visavis-bench", &["visavis-e2e"]),
    ("visavis-signaling", &[]),
    ("xtask", &[]),
    ("visavis-bindgen", &[]),
    ("visavis-bindgen-cli", &[]),
    ("visavis-split", &[]),
];

/// Arrows for tests only.
const ALLOWED_DEV_DEPENDENCIES: &[(&str, &[&str])] =
    &[("visavis", &["visavis-sim"]), ("visavis-e2e", &["visavis-sim"])];

/// Packages that know no browser, socket, executor, clock or chance.
const PURE: &[&str] = &["visavis-app", "visavis-core", "visavis-hub", "visavis-signaling", "visavis-sim"];

/// What would make them impure, however deep it hides.
const IMPURE: &[&str] = &[
    "async-std",
    "chrono",
    "futures",
    "getrandom",
    "gloo-net",
    "gloo-timers",
    "hyper",
    "instant",
    "js-sys",
    "mio",
    "rand",
    "reqwest",
    "smol",
    "socket2",
    "time",
    "tokio",
    "tungstenite",
    "wasm-bindgen",
    "wasm-bindgen-futures",
    "web-sys",
    "web-time",
];

/// Checks the whole graph as Cargo resolved it.
pub(super) fn check() -> Result<Findings> {
    let metadata = paths::metadata(&[])?;
    let graph = Graph::new(&metadata).context("cargo metadata has an unknown form")?;
    Ok([graph.check_dependencies(), graph.check_purity()].concat())
}

/// Package ids, their names, and what they depend on outside tests.
struct Graph {
    names: BTreeMap<String, String>,
    members: BTreeSet<String>,
    dependencies: BTreeMap<String, Vec<String>>,
    dev_dependencies: BTreeMap<String, Vec<String>>,
}

impl Graph {
    fn new(metadata: &Value) -> Option<Self> {
        let mut graph = Self {
            names: BTreeMap::new(),
            members: BTreeSet::new(),
            dependencies: BTreeMap::new(),
            dev_dependencies: BTreeMap::new(),
        };
        for package in metadata["packages"].as_array()? {
            graph.names.insert(text(&package["id"])?, text(&package["name"])?);
        }
        graph.members = metadata["workspace_members"].as_array()?.iter().filter_map(text).collect();
        for node in metadata["resolve"]["nodes"].as_array()? {
            graph.add_node(node)?;
        }
        Some(graph)
    }

    fn add_node(&mut self, node: &Value) -> Option<()> {
        let id = text(&node["id"])?;
        for dependency in node["deps"].as_array()? {
            let package = text(&dependency["pkg"])?;
            let kinds = dependency["dep_kinds"].as_array()?;
            let only_tests = kinds.iter().all(|kind| kind["kind"] == "dev");
            let list = if only_tests { &mut self.dev_dependencies } else { &mut self.dependencies };
            list.entry(id.clone()).or_default().push(package);
        }
        Some(())
    }

    fn name(&self, id: &str) -> &str {
        self.names.get(id).map_or("?", String::as_str)
    }

    fn check_dependencies(&self) -> Findings {
        let members = self.members.iter();
        let ordinary =
            members.clone().flat_map(|id| self.check_member(id, &self.dependencies, &[ALLOWED_DEPENDENCIES]));
        let in_tests = members.flat_map(|id| {
            self.check_member(id, &self.dev_dependencies, &[ALLOWED_DEPENDENCIES, ALLOWED_DEV_DEPENDENCIES])
        });
        ordinary.chain(in_tests).collect()
    }

    fn check_member(
        &self,
        id: &str,
        dependencies: &BTreeMap<String, Vec<String>>,
        tables: &[Table],
    ) -> Findings {
        let from = self.name(id);
        if !ALLOWED_DEPENDENCIES.iter().any(|(name, _)| *name == from) {
            return vec![format!(
                "package {from} has no place in the map: add it to xtask/src/tidy/packages.rs"
            )];
        }
        let workspace = dependencies
            .get(id)
            .into_iter()
            .flatten()
            .filter(|dependency| self.members.contains(*dependency));
        let forbidden = workspace
            .map(|dependency| self.name(dependency))
            .filter(|to| !tables.iter().any(|table| allows(table, from, to)));
        forbidden.map(|to| format!("{from} must not depend on {to}")).collect()
    }

    fn check_purity(&self) -> Findings {
        let pure = self.members.iter().filter(|id| PURE.contains(&self.name(id)));
        pure.flat_map(|id| self.check_pure(id)).collect()
    }

    fn check_pure(&self, id: &str) -> Findings {
        let below = self.transitive_dependencies(id);
        let impure =
            below.iter().map(|dependency| self.name(dependency)).filter(|name| IMPURE.contains(name));
        impure
            .map(|name| format!("{} must stay pure, but something below it is {name}", self.name(id)))
            .collect()
    }

    fn transitive_dependencies(&self, id: &str) -> BTreeSet<String> {
        let mut seen = BTreeSet::new();
        let mut waiting = vec![id.to_owned()];
        while let Some(next) = waiting.pop() {
            for dependency in self.dependencies.get(&next).into_iter().flatten() {
                if seen.insert(dependency.clone()) {
                    waiting.push(dependency.clone());
                }
            }
        }
        seen
    }
}

/// Arrows from a package to others.
type Table<'a> = &'a [(&'a str, &'a [&'a str])];

fn allows(table: Table, from: &str, to: &str) -> bool {
    table.iter().any(|(name, targets)| *name == from && targets.contains(&to))
}

fn text(value: &Value) -> Option<String> {
    value.as_str().map(ToOwned::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn graph(need: &str, kind: &Value) -> Graph {
        let deps = json!([{ "pkg": need, "dep_kinds": [{ "kind": kind }] }]);
        let metadata = json!({
            "packages": [{ "id": "c", "name": "visavis-core" }, { "id": "s", "name": "visavis-sim" }, { "id": "t", "name": "tokio" }],
            "workspace_members": ["c", "s"],
            "resolve": { "nodes": [{ "id": "c", "deps": deps }, { "id": "s", "deps": [{ "pkg": "c", "dep_kinds": [{ "kind": null }] }] }] },
        });
        Graph::new(&metadata).unwrap()
    }

    #[test]
    fn an_arrow_the_wrong_way_is_named() {
        assert_eq!(
            graph("s", &json!(null)).check_dependencies(),
            ["visavis-core must not depend on visavis-sim"]
        );
        assert_eq!(
            graph("s", &json!("dev")).check_dependencies(),
            ["visavis-core must not depend on visavis-sim"]
        );
    }

    #[test]
    fn impurity_is_found_however_deep() {
        let findings = graph("t", &json!(null)).check_purity();
        assert_eq!(findings.len(), 2, "{findings:?}");
        assert!(findings[1].starts_with("visavis-sim must stay pure"));
        assert!(graph("t", &json!("dev")).check_purity().is_empty());
    }
}
