//! The page: registers `<visavis-room>`.

fn main() {}
