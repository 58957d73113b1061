//! `wasm-bindgen`, for Trunk, which calls it by this name.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen::run_cli_with_args(std::env::args_os())
}
