//! The Content-Security-Policy (W3C CSP3) of the app's pages.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use axum::http::HeaderValue;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

/// The directives that do not depend on the pages. Connections may go anywhere, because `config.json` may name any signaling server.
/// Everything else is forbidden unless it is named; nothing in the page may bring its own style or script.
const BASE_POLICY: &str = "default-src 'none'; img-src 'self' data: blob:; style-src 'self'; \
    media-src 'self' blob: mediastream:; connect-src 'self' ws: wss: http: https:; manifest-src 'self'; \
    base-uri 'none'; form-action 'self'";

/// Longer pages are skipped: they are not ours.
const MAX_PAGE_BYTES: u64 = 1024 * 1024;

/// The policy for the pages in `dist`, which the pages of `origins` may show in a frame.
///
/// The scripts inside the pages are allowed by their hashes, one by one, so that a script that somebody managed to
/// smuggle in is not. They are read each time a page is sent: a new bundle may replace the old one under a running
/// server, and a page is sent once a visit.
pub(crate) async fn for_pages(dist: &Path, origins: &[String]) -> HeaderValue {
    let (dist, origins) = (dist.to_owned(), origins.join(" "));
    let policy = tokio::task::spawn_blocking(move || write_policy(&hashes_of(&dist), &origins));
    let policy = policy.await.unwrap_or_else(|_| write_policy(&[], ""));
    HeaderValue::try_from(policy).unwrap_or(HeaderValue::from_static(BASE_POLICY))
}

fn write_policy(hashes: &[String], origins: &str) -> String {
    let mut policy = format!("{BASE_POLICY}; script-src 'self' 'wasm-unsafe-eval'");
    for hash in hashes {
        // Writing to a String cannot fail.
        let _ = write!(policy, " 'sha256-{hash}'");
    }
    let space = if origins.is_empty() { "" } else { " " };
    let _ = write!(policy, "; frame-ancestors 'self'{space}{origins}");
    policy
}

/// Hashes of the scripts inside all pages at the top of the folder. What cannot be read allows nothing.
fn hashes_of(dist: &Path) -> Vec<String> {
    let pages = read_pages(dist).unwrap_or_default();
    let mut hashes: Vec<_> = pages.iter().flat_map(|page| inline_scripts(page)).map(hash).collect();
    hashes.sort();
    hashes.dedup();
    hashes
}

fn read_pages(dist: &Path) -> io::Result<Vec<String>> {
    let mut pages = Vec::new();
    for entry in fs::read_dir(dist)? {
        let path = entry?.path();
        let is_page = path.extension().is_some_and(|extension| extension == "html");
        if is_page && fs::metadata(&path)?.len() <= MAX_PAGE_BYTES {
            pages.push(fs::read_to_string(&path)?);
        }
    }
    Ok(pages)
}

fn hash(script: &str) -> String {
    STANDARD.encode(Sha256::digest(script.as_bytes()))
}

/// The text between `<script ...>` and `</script>` of every script that has no `src`.
fn inline_scripts(page: &str) -> Vec<&str> {
    // Lower case keeps every byte in its place, because only ASCII is changed.
    let lower = page.to_ascii_lowercase();
    let mut scripts = Vec::new();
    let mut at = 0;
    while let Some(start) = lower[at..].find("<script").map(|i| at + i) {
        let Some(open) = lower[start..].find('>').map(|i| start + i + 1) else { break };
        let Some(close) = lower[open..].find("</script").map(|i| open + i) else { break };
        if !has_src(&lower[start..open]) {
            scripts.push(&page[open..close]);
        }
        at = close;
    }
    scripts
}

fn has_src(tag: &str) -> bool {
    tag.split_ascii_whitespace().any(|attribute| attribute.starts_with("src="))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_scripts_inside_the_page_and_no_others() {
        let page =
            "<SCRIPT type=module>\n a('ü');\n</SCRIPT ><script src=x.js></script><script>b</script><script";
        assert_eq!(inline_scripts(page), ["\n a('ü');\n", "b"]);
    }

    #[test]
    fn hashes_as_browsers_do() {
        // The example of W3C CSP3, section "Usage of 'hash' expressions".
        assert_eq!(hash("doSomething();"), "RFWPLDbv2BY+rCkDzsE+0fr8ylGr2R2faWMhq4lfEQc=");
    }

    /// The README shows people with another host the same headers.
    #[test]
    fn the_readme_says_the_same() {
        let readme = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../README.md")).unwrap();
        let policy = write_policy(&["...".into()], "");
        let shown: String = readme.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(shown.contains(&format!("Content-Security-Policy: {policy}")), "{policy}");
        for (name, value) in crate::files::HEADERS {
            let line = format!("{name}: {value}");
            assert!(shown.to_lowercase().contains(&line.to_lowercase()), "{line}");
        }
    }

    #[test]
    fn a_policy_is_strict() {
        let policy = write_policy(&["abc=".into()], "https://a.example");
        let directives: Vec<(&str, Vec<&str>)> = policy
            .split("; ")
            .map(|directive| directive.split_once(' ').unwrap())
            .map(|(name, sources)| (name, sources.split(' ').collect()))
            .collect();
        let mut names: Vec<_> = directives.iter().map(|(name, _)| *name).collect();
        let sources = |name| &directives.iter().find(|(known, _)| *known == name).unwrap().1;
        // Where nothing else is said this counts, and where something is, it counts alone.
        assert_eq!(*sources("default-src"), ["'none'"]);
        assert_eq!(*sources("base-uri"), ["'none'"]);
        assert_eq!(*sources("script-src"), ["'self'", "'wasm-unsafe-eval'", "'sha256-abc='"]);
        assert_eq!(*sources("style-src"), ["'self'"]);
        assert_eq!(*sources("form-action"), ["'self'"]);
        assert_eq!(*sources("frame-ancestors"), ["'self'", "https://a.example"]);
        // Only what can run nothing may come from anywhere.
        for (name, sources) in &directives {
            let lax = sources.iter().filter(|source| source.ends_with(':') || source.contains('*'));
            let harmless = matches!(*name, "connect-src" | "img-src" | "media-src");
            assert!(harmless || lax.count() == 0, "{name} {sources:?}");
        }
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count, "of two directives with one name browsers heed the first only");
    }

    #[test]
    fn a_policy_is_a_header() {
        let policy = write_policy(&["abc=".into()], "https://a.example https://b.example");
        assert!(policy.contains(
            "script-src 'self' 'wasm-unsafe-eval' 'sha256-abc='; frame-ancestors 'self' https://a"
        ));
        assert!(HeaderValue::try_from(policy).is_ok());
        assert!(HeaderValue::from_str(BASE_POLICY).is_ok());
    }
}
