//! Where the tiles of a stage stand in a recorded picture. Numbers in, numbers out, in whole pixels.

use crate::layout::{Rect, Size};

/// The longer side of a recorded picture, in pixels...
const LONG_SIDE: u32 = 1280;
/// ...and the shorter one.
const SHORT_SIDE: u32 = 720;
/// Larger numbers are no sizes of pictures or stages: no product overflows.
const MAX_SIDE: u32 = 16_384;

/// The size of a recorded picture of such an area. It stays the same for a whole recording: players do not expect another.
pub fn canvas_size(area: Size) -> Size {
    if area.height > area.width {
        Size { width: SHORT_SIDE, height: LONG_SIDE }
    } else {
        Size { width: LONG_SIDE, height: SHORT_SIDE }
    }
}

/// Where a rectangle of an area stands in a picture that shows the whole area, as large as it can be, in the middle.
pub fn place(area: Size, rect: Rect, canvas: Size) -> Rect {
    let whole = contain(area, Rect { x: 0, y: 0, width: canvas.width, height: canvas.height });
    let area = bounded(area);
    let across = |length: u32| length.min(area.width) * whole.width / area.width;
    let down = |length: u32| length.min(area.height) * whole.height / area.height;
    let (left, top) = (across(rect.x), down(rect.y));
    Rect {
        x: whole.x + left,
        y: whole.y + top,
        width: across(rect.x.saturating_add(rect.width)) - left,
        height: down(rect.y.saturating_add(rect.height)) - top,
    }
}

/// Where a picture of this size stands in a tile: all of it, as large as it can be, in the middle.
pub fn contain(picture: Size, tile: Rect) -> Rect {
    let picture = bounded(picture);
    let is_wider =
        u64::from(picture.width) * u64::from(tile.height) > u64::from(picture.height) * u64::from(tile.width);
    let (width, height) = if is_wider {
        (tile.width, share(tile.width, picture.height, picture.width))
    } else {
        (share(tile.height, picture.width, picture.height), tile.height)
    };
    Rect { x: tile.x + (tile.width - width) / 2, y: tile.y + (tile.height - height) / 2, width, height }
}

/// The part in the middle of a picture of this size that fills a tile.
pub fn cover(picture: Size, tile: Rect) -> Rect {
    let picture = bounded(picture);
    contain(
        Size { width: tile.width, height: tile.height },
        Rect { x: 0, y: 0, width: picture.width, height: picture.height },
    )
}

/// `length * numerator / denominator`, not more than `length` if the fraction is not more than one.
fn share(length: u32, numerator: u32, denominator: u32) -> u32 {
    let share = u64::from(length) * u64::from(numerator) / u64::from(denominator.max(1));
    u32::try_from(share).unwrap_or(u32::MAX)
}

fn bounded(size: Size) -> Size {
    Size { width: size.width.clamp(1, MAX_SIDE), height: size.height.clamp(1, MAX_SIDE) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CANVAS: Size = Size { width: 1280, height: 720 };

    fn size(width: u32, height: u32) -> Size {
        Size { width, height }
    }

    fn rect(x: u32, y: u32, width: u32, height: u32) -> Rect {
        Rect { x, y, width, height }
    }

    #[test]
    fn a_recorded_picture_is_held_as_the_stage_is() {
        assert_eq!(canvas_size(size(1000, 600)), CANVAS);
        assert_eq!(canvas_size(size(360, 640)), size(720, 1280));
        assert_eq!(canvas_size(size(0, 0)), CANVAS);
    }

    #[test]
    fn the_whole_stage_is_in_the_picture() {
        // Twice as large, with the same shape.
        assert_eq!(place(size(640, 360), rect(10, 20, 300, 100), CANVAS), rect(20, 40, 600, 200));
        // A square stands in the middle.
        assert_eq!(place(size(360, 360), rect(0, 0, 360, 360), CANVAS), rect(280, 0, 720, 720));
        // Nothing stands outside, whatever it says.
        let placed = place(size(0, u32::MAX), rect(u32::MAX, 7, u32::MAX, u32::MAX), CANVAS);
        assert!(placed.x + placed.width <= 1280, "{placed:?}");
        assert!(placed.y + placed.height <= 720, "{placed:?}");
    }

    #[test]
    fn a_picture_is_shown_whole_unless_it_fills_its_tile() {
        assert_eq!(contain(size(640, 480), rect(100, 0, 400, 400)), rect(100, 50, 400, 300));
        assert_eq!(contain(size(480, 640), rect(0, 10, 400, 400)), rect(50, 10, 300, 400));
        assert_eq!(cover(size(640, 480), rect(7, 7, 100, 100)), rect(80, 0, 480, 480));
        assert_eq!(cover(size(480, 640), rect(7, 7, 200, 100)), rect(0, 200, 480, 240));
        for hostile in [size(0, 0), size(u32::MAX, 1), size(1, u32::MAX)] {
            for tile in [rect(0, 0, 0, 0), rect(5, 5, 300, 200)] {
                let shown = contain(hostile, tile);
                assert!(shown.width <= tile.width, "{shown:?}");
                assert!(shown.height <= tile.height, "{shown:?}");
                let cut = cover(hostile, tile);
                assert!(cut.x + cut.width <= bounded(hostile).width, "{cut:?}");
                assert!(cut.y + cut.height <= bounded(hostile).height, "{cut:?}");
            }
        }
    }
}
