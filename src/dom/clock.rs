//! What time it is.

/// Milliseconds since the page began: a clock that never jumps.
pub fn now() -> f64 {
    web_sys::window().and_then(|window| window.performance()).map_or(0.0, |performance| performance.now())
}
