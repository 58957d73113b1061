//! The pages of earlier commits, packed as `fixtures/README.md` says.

use std::fs;
use std::io;
use std::path::Path;

/// Headers and contents of a tar archive begin at multiples of this.
const BLOCK: usize = 512;

/// Unpacks an archive into a folder.
pub(crate) fn unpack(archive: &Path, folder: &Path) -> io::Result<()> {
    let packed = fs::read(archive)?;
    let mut bytes = Vec::new();
    brotli_decompressor::BrotliDecompress(&mut &*packed, &mut bytes)?;
    let mut rest = &*bytes;
    // What follows the last file are zeros.
    while let Some((header, after)) = rest.split_at_checked(BLOCK).filter(|(header, _)| header[0] != 0) {
        let size = usize::from_str_radix(text(&header[124..136]), 8).map_err(io::Error::other)?;
        let file = folder.join(text(&header[..100]));
        file.parent().map_or(Ok(()), fs::create_dir_all)?;
        fs::write(file, &after[..size])?;
        rest = &after[size.next_multiple_of(BLOCK)..];
    }
    Ok(())
}

/// A field of a header, without what fills it up.
fn text(field: &[u8]) -> &str {
    let end = field.iter().position(|byte| *byte == 0).unwrap_or(field.len());
    std::str::from_utf8(&field[..end]).expect("headers are ASCII").trim()
}
