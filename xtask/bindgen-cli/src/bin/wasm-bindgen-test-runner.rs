//! `wasm-bindgen-test-runner`, for Cargo, which runs the tests of the page with it.

fn main() -> anyhow::Result<()> {
    wasm_bindgen_cli::wasm_bindgen_test_runner::run_cli_with_args(std::env::args_os())
}
