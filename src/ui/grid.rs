//! How to lay out tiles so that faces get the most room. In whole CSS pixels: fractions would blur the edges, and
//! writing them out costs ten kilobytes of program.

/// Space between two tiles.
pub const GAP: u32 = 8;

/// A ratio of width to height.
struct Ratio(u32, u32);

/// The widest a tile gets: cameras are 16:9.
const WIDEST: Ratio = Ratio(16, 9);
/// The narrowest a tile gets in a wide place: a face needs this much.
const NARROWEST: Ratio = Ratio(1, 1);
/// The narrowest a tile gets in a tall place, where cameras are tall as well.
const NARROWEST_IN_TALL: Ratio = Ratio(3, 5);

/// The size of every tile.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TileSize {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// The tile size that covers most of `width` x `height` with `count` equal tiles.
pub fn best(count: u32, width: u32, height: u32) -> TileSize {
    let mut best = TileSize::default();
    for columns in 1..=count.max(1) {
        let size = with_columns(columns, count.max(1), width, height);
        if size.width * size.height > best.width * best.height {
            best = size;
        }
    }
    best
}

fn with_columns(columns: u32, count: u32, width: u32, height: u32) -> TileSize {
    let narrowest = if width > height { NARROWEST } else { NARROWEST_IN_TALL };
    let cell_width = share(width, columns);
    let cell_height = share(height, count.div_ceil(columns));
    TileSize {
        width: cell_width.min(cell_height * WIDEST.0 / WIDEST.1),
        height: cell_height.min(cell_width * narrowest.1 / narrowest.0),
    }
}

fn share(length: u32, parts: u32) -> u32 {
    length.saturating_sub(GAP * (parts - 1)) / parts
}

/// Whether two people are best shown as one picture with the own one floating in its corner: on a phone held upright.
pub fn floats(count: u32, width: u32, height: u32) -> bool {
    count == 2 && width < 600 && height > width
}
