//! The page: registers `<visavis-room>`.

/// Two kilobytes less to load than the allocator that Rust brings along, and no slower.
#[cfg(target_arch = "wasm32")]
#[global_allocator]
static ALLOCATOR: talc::wasm::WasmDynamicTalc = talc::wasm::new_wasm_dynamic_allocator();

fn main() {
    #[cfg(target_arch = "wasm32")]
    visavis::element::register();
}
