//! Where the tiles of a call stand: the shapes of their pictures in, rectangles out.
//!
//! Nothing of a picture is cut off unless the person asks for it, and of the ways to put whole pictures into rows the one
//! with the largest pictures is taken. In whole CSS pixels: fractions would blur the edges, and writing them out costs ten
//! kilobytes of program.

/// Space between two tiles.
pub const GAP: u32 = 8;
/// Ratios of width to height are counted in so many parts.
const ONE: u32 = 1000;
/// What a picture of unknown shape, or initials instead of one, gets: 4:3.
const ANY_RATIO: u32 = ONE * 4 / 3;
/// What is narrower or wider than this is placed as if it were not: a hostile picture must not take all the room.
const RATIOS: [u32; 2] = [ONE / 3, ONE * 3];
/// A tile may be taller than its picture by this, where there is room: 16:9 becomes 4:3. Name and state then stand beside
/// the picture rather than on it.
const TALLER: [u32; 2] = [4, 3];
/// On a stage narrower than this and held upright, two people may be shown as one picture with ours in its corner.
const PHONE_WIDTH: u32 = 600;
/// Our own picture takes this share of such a stage, in each direction.
const CORNER_PERCENT: u32 = 29;

/// A width and a height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Size {
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

/// What is to be placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tile {
    /// The size of its picture in pixels; only the ratio counts. `None` if there is no picture.
    pub picture: Option<Size>,
    /// The person wants all the room filled, whatever is cut off.
    pub crop: bool,
    /// It is our own, and may shrink into a corner while there is one other.
    pub own: bool,
}

/// Where a tile is, from the upper left corner of the stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// From the left.
    pub x: u32,
    /// From above.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Tile {
    fn ratio(&self) -> u32 {
        let of = |size: Size| size.width.saturating_mul(ONE).checked_div(size.height);
        let known = self.picture.and_then(of).filter(|ratio| *ratio > 0);
        known.unwrap_or(ANY_RATIO).clamp(RATIOS[0], RATIOS[1])
    }

    fn width_at(&self, height: u32) -> u32 {
        height.saturating_mul(self.ratio()) / ONE
    }

    /// The largest whole picture inside a box.
    fn fitted(&self, inside: Size) -> Size {
        let height = inside.height.min(inside.width * ONE / self.ratio());
        Size { width: self.width_at(height), height }
    }
}

/// Places every tile on a stage of this size, in their order.
pub fn arrange(stage: Size, tiles: &[Tile]) -> Vec<Rect> {
    let rows = Rows::new(stage, tiles);
    match tiles {
        [other, own] if own.own && stage.width < PHONE_WIDTH && stage.height > stage.width => {
            let corner = own.fitted(Size {
                width: stage.width * CORNER_PERCENT / 100,
                height: stage.height * CORNER_PERCENT / 100,
            });
            let floating = area(other.fitted(stage)) + area(corner);
            if other.crop || floating > rows.shown(tiles) {
                return float(stage, other, corner);
            }
        }
        _ => {}
    }
    rows.place(stage, tiles)
}

fn area(size: Size) -> u32 {
    size.width.saturating_mul(size.height)
}

/// The other as large as can be, ourselves in the corner.
fn float(stage: Size, other: &Tile, corner: Size) -> Vec<Rect> {
    let fitted = other.fitted(stage);
    let size =
        if other.crop { stage } else { Size { height: taller(fitted.height, stage.height), ..fitted } };
    let other = Rect {
        x: (stage.width - size.width) / 2,
        y: (stage.height - size.height) / 2,
        width: size.width,
        height: size.height,
    };
    let own = Rect {
        x: stage.width.saturating_sub(corner.width + GAP),
        y: stage.height.saturating_sub(corner.height + GAP),
        width: corner.width,
        height: corner.height,
    };
    vec![other, own]
}

fn taller(height: u32, most: u32) -> u32 {
    most.min(height.saturating_mul(TALLER[0]) / TALLER[1])
}

/// Pictures of one height, in rows.
struct Rows {
    /// Of every picture.
    height: u32,
    count: u32,
    /// No row is wider.
    width: u32,
}

impl Rows {
    /// The greatest height at which they fit, in as even rows as their order allows.
    fn new(stage: Size, tiles: &[Tile]) -> Self {
        let fits = |height: &u32| {
            let rows = count_rows(stage.width, *height, tiles);
            rows.is_some_and(|rows| rows * (height + GAP) <= stage.height + GAP)
        };
        let height = (1..=stage.height).rev().find(fits).unwrap_or(0);
        let count = count_rows(stage.width, height, tiles).unwrap_or(1).max(1);
        let even = |width: &u32| count_rows(*width, height, tiles) == Some(count);
        Self { height, count, width: (0..=stage.width).find(even).unwrap_or(stage.width) }
    }

    /// How much of the stage their pictures cover.
    fn shown(&self, tiles: &[Tile]) -> u32 {
        tiles.iter().map(|tile| tile.width_at(self.height) * self.height).sum()
    }

    fn place(&self, stage: Size, mut tiles: &[Tile]) -> Vec<Rect> {
        let room = stage.height.saturating_sub(GAP * (self.count - 1)) / self.count;
        let height_of = |tile: &Tile| if tile.crop { room } else { taller(self.height, room) };
        let mut rows = Vec::new();
        while !tiles.is_empty() {
            let (row, rest) =
                tiles.split_at(row_length(self.width, self.height, tiles).clamp(1, tiles.len()));
            rows.push((row, row.iter().map(height_of).max().unwrap_or(0)));
            tiles = rest;
        }
        let used: u32 = rows.iter().map(|(_, height)| height + GAP).sum();
        let mut y = (stage.height + GAP).saturating_sub(used) / 2;
        let mut placed = Vec::new();
        for (row, height) in rows {
            let used: u32 = row.iter().map(|tile| tile.width_at(self.height) + GAP).sum();
            let spare = (stage.width + GAP).saturating_sub(used);
            // Whoever is to fill the room gets what the row leaves.
            let more = spare.checked_div(row.iter().filter(|tile| tile.crop).count() as u32);
            let mut x = if more.is_some() { 0 } else { spare / 2 };
            for tile in row {
                let width = tile.width_at(self.height) + more.filter(|_| tile.crop).unwrap_or(0);
                let own = height_of(tile);
                placed.push(Rect { x, y: y + (height - own) / 2, width, height: own });
                x += width + GAP;
            }
            y += height + GAP;
        }
        placed
    }
}

/// How many rows pictures of this height make; `None` if one of them is wider than a row.
fn count_rows(width: u32, height: u32, mut tiles: &[Tile]) -> Option<u32> {
    let mut rows = 0;
    while !tiles.is_empty() {
        let length = row_length(width, height, tiles);
        tiles = tiles.get(length..).filter(|_| length > 0)?;
        rows += 1;
    }
    Some(rows)
}

/// How many of the first pictures stand in one row.
fn row_length(width: u32, height: u32, tiles: &[Tile]) -> usize {
    let mut right = 0;
    let fits = |tile: &&Tile| {
        right += tile.width_at(height) + GAP;
        right <= width + GAP
    };
    tiles.iter().take_while(fits).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAPTOP: Size = Size { width: 1280, height: 720 };
    const UPRIGHT: Size = Size { width: 360, height: 640 };
    /// What a window of 1280x800, a phone of 360x740 and one on its side leave for the tiles.
    const DESKTOP: Size = Size { width: 1264, height: 712 };
    const PHONE: Size = Size { width: 344, height: 652 };
    const ON_ITS_SIDE: Size = Size { width: 656, height: 344 };

    fn of(picture: Size) -> Tile {
        Tile { picture: Some(picture), ..Tile::default() }
    }

    fn own(picture: Size) -> Tile {
        Tile { own: true, ..of(picture) }
    }

    /// The size of the picture when it is fitted into its tile.
    fn shown(rect: &Rect, picture: Size) -> Size {
        of(picture).fitted(Size { width: rect.width, height: rect.height })
    }

    /// The share of its tile that a picture covers, in percent.
    fn covered(rect: &Rect, picture: Size) -> u32 {
        area(shown(rect, picture)) * 100 / (rect.width * rect.height)
    }

    fn overlaps(a: &Rect, b: &Rect) -> bool {
        a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height
    }

    fn arranged(stage: Size, tiles: &[Tile]) -> Vec<Rect> {
        let placed = arrange(stage, tiles);
        assert_eq!(placed.len(), tiles.len());
        for (at, rect) in placed.iter().enumerate() {
            let inside = rect.x + rect.width <= stage.width && rect.y + rect.height <= stage.height;
            assert!(inside, "{rect:?} of {placed:?} in {stage:?}");
            assert!(tiles[at].own || !placed[..at].iter().any(|other| overlaps(rect, other)), "{placed:?}");
        }
        placed
    }

    #[test]
    fn nothing_leaves_the_stage_or_overlaps_whoever_is_there() {
        let shapes = [
            LAPTOP,
            UPRIGHT,
            Size { width: 640, height: 480 },
            Size::default(),
            Size { width: 1, height: u32::MAX },
        ];
        for stage in
            [DESKTOP, PHONE, ON_ITS_SIDE, Size { width: 1904, height: 990 }, Size { width: 90, height: 60 }]
        {
            for count in 1..=12 {
                for first in 0..shapes.len() {
                    let mut tiles: Vec<_> = (0..count).map(|at| of(shapes[(first + at * at) % 5])).collect();
                    arranged(stage, &tiles);
                    tiles[count / 2].crop = true;
                    arranged(stage, &tiles);
                    tiles[count - 1].own = true;
                    arranged(stage, &tiles);
                }
            }
        }
        assert_eq!(arrange(Size::default(), &[of(LAPTOP); 3]).len(), 3);
        assert_eq!(arrange(DESKTOP, &[]), []);
    }

    #[test]
    fn an_upright_phone_keeps_its_face_among_laptops() {
        for others in 1..=3 {
            let mut tiles = vec![of(UPRIGHT)];
            tiles.resize(others, of(LAPTOP));
            tiles.push(own(LAPTOP));
            let placed = arranged(DESKTOP, &tiles);
            assert!(covered(&placed[0], UPRIGHT) >= 74, "its tile is its picture's: {placed:?}");
            assert!(placed[0].height > 340, "{placed:?}");
        }
    }

    #[test]
    fn a_laptop_is_whole_on_an_upright_phone() {
        let placed = arranged(PHONE, &[of(LAPTOP), own(UPRIGHT)]);
        assert_eq!(shown(&placed[0], LAPTOP), Size { width: 342, height: 193 }, "as wide as the phone");
        assert!(!overlaps(&placed[0], &placed[1]), "{placed:?}");
    }

    #[test]
    fn two_phones_held_upright_fill_each_other_s_screen() {
        let placed = arranged(PHONE, &[of(UPRIGHT), own(UPRIGHT)]);
        assert_eq!(shown(&placed[0], UPRIGHT), Size { width: 342, height: 610 });
        assert_eq!((placed[1].width, placed[1].height), (98, 176), "ourselves in the corner");
        assert!(overlaps(&placed[0], &placed[1]));
    }

    #[test]
    fn two_people_at_a_desk_lose_nothing_of_their_pictures() {
        let placed = arranged(DESKTOP, &[of(LAPTOP), own(LAPTOP)]);
        assert_eq!(shown(&placed[0], LAPTOP), Size { width: 625, height: 352 });
        assert_eq!(placed[0].width, 627, "and nothing stands beside them");
        assert_eq!(placed.iter().map(|rect| (rect.width, rect.height)).collect::<Vec<_>>(), [(627, 470); 2]);
    }

    #[test]
    fn a_phone_that_is_turned_gets_the_other_shape() {
        let before = arranged(DESKTOP, &[of(UPRIGHT), own(LAPTOP)]);
        let after = arranged(DESKTOP, &[of(Size { width: 640, height: 360 }), own(LAPTOP)]);
        assert!(before[0].height > before[0].width && after[0].width > after[0].height);
        assert!(before[1].height > after[1].height, "what one does not need, the other has");
    }

    #[test]
    fn rows_are_even() {
        let placed = arranged(DESKTOP, &[of(Size { width: 9, height: 9 }); 4]);
        let in_row = |y: u32| placed.iter().filter(|rect| rect.y == y).count();
        assert!(placed.iter().all(|rect| in_row(rect.y) == 2 || in_row(rect.y) == 4), "{placed:?}");
        let nine = arranged(PHONE, &[of(LAPTOP); 9]);
        assert!(nine.iter().all(|rect| rect.width >= 164), "{nine:?}");
    }

    #[test]
    fn whoever_is_to_fill_the_room_gets_what_is_left() {
        let crop = Tile { crop: true, ..of(LAPTOP) };
        assert_eq!(
            arranged(PHONE, &[crop, own(UPRIGHT)])[0],
            Rect { x: 0, y: 0, width: PHONE.width, height: PHONE.height }
        );
        let placed = arranged(DESKTOP, &[crop, own(LAPTOP)]);
        assert_eq!((placed[0].height, placed[1].height), (DESKTOP.height, 470));
        let placed = arranged(DESKTOP, &[Tile { crop: true, ..of(UPRIGHT) }, own(UPRIGHT)]);
        assert_eq!(placed[0].width + GAP + placed[1].width, DESKTOP.width);
    }

    #[test]
    fn initials_have_a_tile_too() {
        let placed = arranged(ON_ITS_SIDE, &[Tile::default(), own(LAPTOP)]);
        assert!(placed.iter().all(|rect| rect.width >= 270 && rect.height >= 200), "{placed:?}");
    }
}
