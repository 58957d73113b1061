//! The fuzz targets: what takes any bytes, and what must hold all the same.
//!
//! Each function of [`TARGETS`] takes any bytes and panics if something is not as it must be. The programs around them
//! are in `fuzz/`, with a small corpus that every test run goes through once, without any fuzzer.
//!
//! A corpus file is a text of lines, so that a finding can be read: the first names what is fuzzed, each other
//! line begins with a mark and says what happens next. What makes no sense is skipped. Only what is read as
//! protobuf is as it is, behind its first line.

mod decoders;
mod dialects;
mod hub;
mod room;
mod script;

/// A name, and the function that takes the bytes.
pub type Target = (&'static str, fn(&[u8]));

/// Every target by its name, which is also that of its folder in `fuzz/corpus`.
pub const TARGETS: &[Target] =
    &[("decoders", decoders::run), ("dialects", dialects::run), ("hub", hub::run), ("room", room::run)];

/// Runs the target of that name.
///
/// # Panics
/// If something is not as it must be, or there is no such target.
pub fn run(target: &str, bytes: &[u8]) {
    let known = TARGETS.iter().find(|(name, _)| *name == target);
    assert!(known.is_some(), "there is no target {target}");
    known.iter().for_each(|(_, run)| run(bytes));
}
