//! How to lay out tiles so that faces get the most room.

/// Space between two tiles, in CSS pixels.
pub const GAP: f64 = 8.0;

/// The widest a tile gets: cameras are 16:9.
const WIDEST: f64 = 16.0 / 9.0;
/// The narrowest a tile gets, in a wide and in a tall place: a face needs this much.
const NARROWEST: [f64; 2] = [1.0, 0.6];

/// The size of every tile, in CSS pixels.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct TileSize {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// The tile size that covers most of `width` x `height` with `count` equal tiles.
pub fn best(count: u32, width: f64, height: f64) -> TileSize {
    let mut best = TileSize::default();
    for columns in 1..=count.max(1) {
        let size = with_columns(columns, count.max(1), width, height);
        if size.width * size.height > best.width * best.height {
            best = size;
        }
    }
    best
}

fn with_columns(columns: u32, count: u32, width: f64, height: f64) -> TileSize {
    let narrowest = if width > height { NARROWEST[0] } else { NARROWEST[1] };
    let cell_width = share(width, columns);
    let cell_height = share(height, count.div_ceil(columns));
    TileSize {
        width: cell_width.min(cell_height * WIDEST).floor(),
        height: cell_height.min(cell_width / narrowest).floor(),
    }
}

fn share(length: f64, parts: u32) -> f64 {
    let parts = f64::from(parts);
    ((length - GAP * (parts - 1.0)) / parts).max(0.0)
}

/// Whether two people are best shown as one picture with the own one floating in its corner: on a phone held upright.
pub fn floats(count: u32, width: f64, height: f64) -> bool {
    count == 2 && width < 600.0 && height > width
}
