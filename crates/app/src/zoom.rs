//! A picture that is looked at closely: how much larger it is, and where its upper left corner is then.
//!
//! In whole CSS pixels, for the same reason as in [`layout`](crate::layout).

use crate::layout::Size;

/// The picture as it is, in percent.
const WHOLE: i64 = 100;
/// Most that it is enlarged.
const MOST: i64 = 800;
/// One press of a key or button, or one notch of a wheel, makes it larger or smaller by this.
const STEP: [i64; 2] = [5, 4];
/// No picture is larger, so that no product overflows.
const MAX_SIDE: u32 = 100_000;

/// A point of the tile, from its upper left corner.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Point {
    /// From the left.
    pub x: i32,
    /// From above.
    pub y: i32,
}

impl Point {
    /// The middle of a tile.
    pub fn middle_of(tile: Size) -> Self {
        let half = |side: u32| (side.min(MAX_SIDE) / 2) as i32;
        Self { x: half(tile.width), y: half(tile.height) }
    }
}

/// How a picture is shown: enlarged from the upper left corner of its tile, and then moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Zoom {
    percent: i64,
    x: i64,
    y: i64,
}

impl Default for Zoom {
    fn default() -> Self {
        Self { percent: WHOLE, x: 0, y: 0 }
    }
}

impl Zoom {
    /// How large it is: 100 for the whole picture.
    pub fn percent(self) -> u32 {
        self.percent.unsigned_abs() as u32
    }

    /// Whether all of it is seen.
    pub fn is_whole(self) -> bool {
        self.percent == WHOLE
    }

    /// Larger, by a step; what is at `point` stays there.
    #[must_use]
    pub fn larger(self, point: Point, tile: Size) -> Self {
        self.to(self.percent * STEP[0] / STEP[1], point, tile)
    }

    /// Smaller, by a step.
    #[must_use]
    pub fn smaller(self, point: Point, tile: Size) -> Self {
        self.to(self.percent * STEP[1] / STEP[0], point, tile)
    }

    /// Two fingers that were so far apart are now so far apart.
    #[must_use]
    pub fn pinched(self, before: u32, now: u32, point: Point, tile: Size) -> Self {
        let [before, now] = [before, now].map(|distance| i64::from(distance.clamp(1, MAX_SIDE)));
        self.to(self.percent * now / before, point, tile)
    }

    /// Moved by so many pixels.
    #[must_use]
    pub fn moved(self, by: Point, tile: Size) -> Self {
        Self { x: self.x + i64::from(by.x), y: self.y + i64::from(by.y), ..self }.within(tile)
    }

    /// In a tile of another size.
    #[must_use]
    pub fn within(self, tile: Size) -> Self {
        let range = |side: u32| -(i64::from(side.min(MAX_SIDE)) * (self.percent - WHOLE) / WHOLE);
        Self { x: self.x.clamp(range(tile.width), 0), y: self.y.clamp(range(tile.height), 0), ..self }
    }

    /// The `transform` of the picture.
    pub fn css(self) -> String {
        let Self { percent, x, y } = self;
        format!("translate({x}px,{y}px) scale(calc({percent}/100))")
    }

    fn to(self, percent: i64, point: Point, tile: Size) -> Self {
        let percent = percent.clamp(WHOLE, MOST);
        let keep = |at: i32, offset: i64| i64::from(at) - (i64::from(at) - offset) * percent / self.percent;
        Self { percent, x: keep(point.x, self.x), y: keep(point.y, self.y) }.within(tile)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TILE: Size = Size { width: 1200, height: 700 };

    /// The picture covers its tile: nothing beside it is seen.
    fn assert_covers(zoom: Zoom) {
        let end = |offset: i64, side: u32| offset + i64::from(side) * zoom.percent / WHOLE;
        assert!(zoom.x <= 0, "{zoom:?}");
        assert!(zoom.y <= 0, "{zoom:?}");
        assert!(end(zoom.x, TILE.width) >= i64::from(TILE.width), "{zoom:?}");
        assert!(end(zoom.y, TILE.height) >= i64::from(TILE.height), "{zoom:?}");
    }

    #[test]
    fn whatever_is_done_the_picture_fills_its_tile() {
        let points = [(0, 0), (1200, 700), (600, 10), (-50, 9000), (i32::MAX, i32::MIN)];
        let mut zoom = Zoom::default();
        for step in 0..400_u32 {
            let (x, y) = points[step as usize % points.len()];
            let point = Point { x, y };
            zoom = match step % 7 {
                0..=2 => zoom.larger(point, TILE),
                3 => zoom.smaller(point, TILE),
                4 => zoom.moved(point, TILE),
                5 => zoom.pinched(step, 200, point, TILE),
                _ => zoom.pinched(u32::MAX, 0, point, TILE),
            };
            assert_covers(zoom);
            assert!((100..=800).contains(&zoom.percent()));
        }
    }

    #[test]
    fn what_is_pointed_at_stays() {
        let point = Point { x: 900, y: 200 };
        let zoom = Zoom::default().larger(point, TILE).larger(point, TILE);
        let under = (i64::from(point.x) - zoom.x) * WHOLE / zoom.percent;
        assert!((899..=901).contains(&under), "{zoom:?}");
        assert_eq!(zoom.percent(), 156);
    }

    #[test]
    fn smaller_than_whole_it_never_is() {
        let middle = Point::middle_of(TILE);
        let mut zoom = Zoom::default().larger(middle, TILE).moved(Point { x: 40, y: 0 }, TILE);
        assert!(!zoom.is_whole());
        zoom = zoom.smaller(middle, TILE).smaller(middle, TILE);
        assert_eq!(zoom, Zoom::default());
    }

    #[test]
    fn a_picture_that_is_whole_cannot_be_moved() {
        assert_eq!(Zoom::default().moved(Point { x: 30, y: -30 }, TILE), Zoom::default());
    }

    #[test]
    fn a_smaller_tile_is_filled_too() {
        let zoom = Zoom::default().larger(Point { x: 1200, y: 700 }, TILE);
        let small = Size { width: 300, height: 200 };
        assert_eq!(zoom.within(small).css(), "translate(-75px,-50px) scale(calc(125/100))");
    }
}
