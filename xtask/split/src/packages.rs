//! How many bytes of a program's code come from which package, by the names of its functions. What the compiler has put
//! into the functions of others counts as theirs.

use std::collections::BTreeMap;

use anyhow::Result;
use wasmparser::{KnownCustom, Name, Parser, Payload, TypeRef};

/// Bytes of code by the name of the package. The program must still have its names.
#[expect(clippy::wildcard_enum_match_arm, reason = "the other sections hold no code and no names of it")]
pub(crate) fn sizes(program: &[u8]) -> Result<BTreeMap<String, usize>> {
    let (mut imported, mut bodies) = (0_usize, Vec::new());
    let mut names = BTreeMap::new();
    for payload in Parser::new(0).parse_all(program) {
        match payload? {
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    imported += usize::from(matches!(import?.ty, TypeRef::Func(_)));
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(body.as_bytes().len()),
            Payload::CustomSection(section) => {
                if let KnownCustom::Name(section) = section.as_known() {
                    read_names(section, &mut names)?;
                }
            }
            _ => {}
        }
    }
    let mut sizes = BTreeMap::new();
    for (index, bytes) in bodies.into_iter().enumerate() {
        let package = names.get(&(imported + index)).map_or("", |name: &String| package(name));
        *sizes.entry(package.to_owned()).or_default() += bytes;
    }
    Ok(sizes)
}

fn read_names(section: wasmparser::NameSectionReader<'_>, names: &mut BTreeMap<usize, String>) -> Result<()> {
    for part in section {
        if let Name::Function(functions) = part? {
            for naming in functions {
                let naming = naming?;
                names.insert(usize::try_from(naming.index)?, naming.name.to_owned());
            }
        }
    }
    Ok(())
}

/// The first word that a path begins with: `<gloo_net::http::Request as core::ops::Drop>::drop` is of `gloo_net`. Empty if
/// there is no path.
fn package(name: &str) -> &str {
    let start = name.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
    let word = start.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(start.len());
    let (word, rest) = start.split_at(word);
    // The compiler may put a hash behind it: `core[c5930c85a12de822]::fmt`.
    let rest = rest.split_once(']').filter(|_| rest.starts_with('[')).map_or(rest, |(_, rest)| rest);
    if rest.starts_with("::") { word } else { "" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_package_is_the_beginning_of_a_path() {
        for (name, expected) in [
            ("gloo_net::http::request::RequestBuilder::send::{{closure}}", "gloo_net"),
            ("<&core[c5930c85a12de822]::fmt::Arguments as serde_core::ser::Serialize>::serialize", "core"),
            ("__wbindgen_malloc", ""),
        ] {
            assert_eq!(package(name), expected);
        }
    }

    #[test]
    fn the_code_of_a_program_is_counted_by_its_names() {
        let text = "(module (import \"a\" \"b\" (func)) (func $x::f (nop)) (func $x::g) (func $y::f))";
        let sizes = sizes(&wat::parse_str(text).unwrap()).unwrap();
        assert_eq!(sizes.keys().collect::<Vec<_>>(), ["x", "y"]);
        assert!(sizes["x"] > sizes["y"]);
    }
}
