//! `visavis-bindgen PROGRAM.wasm DIRECTORY`: joins a compiled page with the JavaScript it needs, as
//! `wasm-bindgen --target web --no-typescript` does.

use anyhow::{Context as _, Result};
use std::path::PathBuf;

fn main() -> Result<()> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let usage = "usage: visavis-bindgen PROGRAM.wasm DIRECTORY";
    let (program, directory) = arguments.next().zip(arguments.next()).context(usage)?;
    let mut bindgen = wasm_bindgen_cli_support::Bindgen::new();
    bindgen.input_path(program).web(true)?.typescript(false).omit_default_module_path(false);
    bindgen.generate(directory)
}
