//! The page: registers `<visavis-room>`.

fn main() {
    #[cfg(target_arch = "wasm32")]
    visavis::element::register();
}
