//! Names of files, made safe.

use visavis_signaling::text::clean;

/// Most bytes of a name: file systems take 255, and put something of their own behind it.
pub const MAX_FILE_NAME_BYTES: usize = 200;
/// More characters of a name are not looked at.
const MAX_CHARS: usize = 1024;
/// Most bytes of what counts as the extension of a name that is cut.
const MAX_EXTENSION_BYTES: usize = 16;
/// What a file without a usable name is called.
const UNNAMED: &str = "file";
/// Names of devices on Windows, whatever extension follows; some with a digit behind them.
const DEVICES: [&str; 4] = ["con", "prn", "aux", "nul"];
const NUMBERED_DEVICES: [&str; 2] = ["com", "lpt"];

/// The name of a file as it is shown and saved: no path, nothing that nobody sees (controls, bidirectional marks), nothing that a
/// file system reads as something else, no hidden file, at most [`MAX_FILE_NAME_BYTES`].
///
/// ```
/// assert_eq!(visavis_core::safe_file_name("../../etc/\u{202e}cod.exe."), "cod.exe");
/// ```
pub fn safe_file_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    let is_kept = |c: &char| !matches!(c, ':' | '*' | '?' | '"' | '<' | '>' | '|');
    let cleaned: String = clean(last, MAX_CHARS).chars().filter(is_kept).collect();
    let name = cut(cleaned.trim_matches(is_dropped));
    let stem = name.split('.').next().unwrap_or_default().trim_end();
    if name.is_empty() {
        UNNAMED.to_owned()
    } else if is_device(stem) {
        ["_", &name].concat()
    } else {
        name
    }
}

/// What some systems drop at the end of a name; in front, a dot hides a file.
fn is_dropped(c: char) -> bool {
    c == '.' || c == ' '
}

fn is_device(stem: &str) -> bool {
    let is_one_of = |names: &[&str], name: &str| names.iter().any(|known| known.eq_ignore_ascii_case(name));
    let (name, number) = stem.split_at_checked(3).unwrap_or((stem, ""));
    let is_digit = matches!(number.as_bytes(), [b'1'..=b'9']);
    is_one_of(&DEVICES, stem) || (is_digit && is_one_of(&NUMBERED_DEVICES, name))
}

/// A long name loses the end of its stem.
fn cut(name: &str) -> String {
    if name.len() <= MAX_FILE_NAME_BYTES {
        return name.to_owned();
    }
    let (stem, extension) = match name.rfind('.') {
        Some(dot) if name.len() - dot <= MAX_EXTENSION_BYTES => name.split_at(dot),
        Some(_) | None => (name, ""),
    };
    let mut end = MAX_FILE_NAME_BYTES - extension.len();
    while !stem.is_char_boundary(end) {
        end -= 1;
    }
    [stem.get(..end).unwrap_or_default().trim_end_matches(is_dropped), extension].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_harmless_stays() {
        for name in [
            "report.pdf",
            "Bericht (2).tar.gz",
            "写真.jpg",
            "👨‍👩‍👧.png",
            "a",
            "console.log",
            "com10",
            "COM0.txt",
        ] {
            assert_eq!(safe_file_name(name), name);
        }
    }

    #[test]
    fn a_name_is_no_path_and_hides_nothing() {
        for (name, safe) in [
            ("/etc/passwd", "passwd"),
            ("..\\..\\Windows\\system.ini", "system.ini"),
            ("a/..", "file"),
            ("", "file"),
            ("...", "file"),
            (".bashrc", "bashrc"),
            ("harmless\u{202e}gpj.exe", "harmlessgpj.exe"),
            ("two\nlines\u{0}.txt", "two lines.txt"),
            ("trailing. . .", "trailing"),
            ("C:evil?.<txt>|\"*", "Cevil.txt"),
            ("\u{200b}\u{feff}", "file"),
            ("CON", "_CON"),
            ("nul.txt", "_nul.txt"),
            ("Lpt9 .log", "_Lpt9 .log"),
        ] {
            assert_eq!(safe_file_name(name), safe, "{name:?}");
        }
    }

    #[test]
    fn a_long_name_keeps_its_extension() {
        let long = safe_file_name(&["é".repeat(5000), ".jpeg".to_owned()].concat());
        assert!(long.len() <= MAX_FILE_NAME_BYTES, "{long}");
        let long = safe_file_name(&["é".repeat(400), ".jpeg".to_owned()].concat());
        assert!(long.ends_with("é.jpeg"), "{long}");
        let no_extension = safe_file_name(&["a.", &"b".repeat(400)].concat());
        assert_eq!(no_extension.len(), MAX_FILE_NAME_BYTES);
    }

    #[test]
    fn a_safe_name_stays_as_it_is() {
        for name in ["x/y", "nul.a", "é".repeat(300).as_str(), "a. .b", " . a", "a\u{202e}b"] {
            let safe = safe_file_name(name);
            assert_eq!(safe_file_name(&safe), safe);
        }
    }
}
