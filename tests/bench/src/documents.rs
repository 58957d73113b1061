//! The tables in our documents: what stands between `<!-- bench:warm -->` and `<!-- /bench -->`.

use std::path::Path;

use anyhow::{Context as _, Result};

const START: &str = "<!-- bench:";
const END: &str = "<!-- /bench -->";

/// Puts texts in the place of those with the same names. Others stay as they are.
pub(crate) fn write(file: &Path, texts: &[(String, String)]) -> Result<()> {
    let before = std::fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
    let after = replace(&before, texts).with_context(|| file.display().to_string())?;
    std::fs::write(file, after).with_context(|| format!("cannot write {}", file.display()))
}

fn replace(text: &str, texts: &[(String, String)]) -> Result<String> {
    let (mut out, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once(START) {
        let (name, after) = after.split_once(" -->").context("a table has no name")?;
        let (stated, after) = after.split_once(END).context("a table has no end")?;
        let new =
            texts.iter().find(|(other, _)| other == name).map(|(_, text)| format!("\n{}\n", text.trim()));
        out.push_str(&format!("{before}{START}{name} -->{}{END}", new.as_deref().unwrap_or(stated)));
        rest = after;
    }
    Ok(out + rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_measured_is_replaced() {
        let text =
            "a\n<!-- bench:warm -->\nold\n<!-- /bench -->\n<!-- bench:cold -->\nold\n<!-- /bench -->\nb";
        let replaced = replace(text, &[("warm".to_owned(), "| new |\n".to_owned())]).unwrap();
        assert_eq!(
            replaced,
            "a\n<!-- bench:warm -->\n| new |\n<!-- /bench -->\n<!-- bench:cold -->\nold\n<!-- /bench -->\nb"
        );
        assert!(replace("<!-- bench:warm --> and no end", &[]).is_err());
    }
}
