//! Where the tiles of a call stand: the shapes of their pictures in, rectangles out.
//!
//! Nothing of a picture is cut off unless the person asks for it, and of the ways to put whole pictures into rows the one
//! with the largest pictures is taken. In whole CSS pixels: fractions would blur the edges, and writing them out costs ten
//! kilobytes of program.

pub mod stage;

/// Space between two tiles.
pub const GAP: u32 = 8;
/// Ratios and factors are fixed-point numbers in thousandths: this is 1.
const ONE: u32 = 1000;
/// Ratio of width to height of a picture of unknown size, and of initials in its place: 4:3.
const DEFAULT_RATIO: u32 = ONE * 4 / 3;
/// Ratios are clamped to this range: a hostile picture must not take all the room.
const RATIO_RANGE: [u32; 2] = [ONE / 3, ONE * 3];
/// A tile may be taller than its picture by this, where there is room: 16:9 becomes 4:3. Name and state then stand beside
/// the picture rather than on it.
const MAX_HEIGHT_FACTOR: [u32; 2] = [4, 3];
/// Most pixels of a stage in each direction, so that no product overflows.
const MAX_STAGE: u32 = 10_000;
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

/// Where a tile is, from the upper corner of the stage where lines start: the left one, or the right one where people read
/// from right to left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Rect {
    /// From where lines start.
    pub x: u32,
    /// From above.
    pub y: u32,
    /// Width.
    pub width: u32,
    /// Height.
    pub height: u32,
}

impl Rect {
    /// Whether the two have something in common.
    fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}

/// The shape of a tile's picture.
#[derive(Debug, Clone, Copy)]
struct Shape {
    ratio: u32,
    /// Its height, as a share of the height of a row ([`ONE`] is all of it).
    scale: u32,
    crop: bool,
}

impl Shape {
    fn height_at(&self, height: u32) -> u32 {
        height * self.scale / ONE
    }

    fn width_at(&self, height: u32) -> u32 {
        self.height_at(height) * self.ratio / ONE
    }

    /// The largest whole picture inside a box.
    fn contain(&self, inside: Size) -> Size {
        let height = inside.height.min(inside.width * ONE / self.ratio.max(1));
        Size { width: height * self.ratio / ONE, height }
    }
}

fn ratio(tile: &Tile) -> Option<u32> {
    let size = tile.picture?;
    let ratio = size.width.saturating_mul(ONE).checked_div(size.height)?;
    (ratio > 0).then(|| ratio.clamp(RATIO_RANGE[0], RATIO_RANGE[1]))
}

/// The shape of a tile. Our own picture does not get a larger area than the widest of the others, of ratio `others`.
fn shape(tile: &Tile, others: Option<u32>) -> Shape {
    let ratio = ratio(tile).unwrap_or(DEFAULT_RATIO);
    // Areas are compared, at any common height.
    let no_larger = |others: u32| (1..=ONE).rev().find(|scale| scale * scale * ratio <= others * ONE * ONE);
    let scale = others.filter(|_| tile.own).and_then(no_larger).unwrap_or(ONE);
    Shape { ratio, scale, crop: tile.crop }
}

/// Places every tile on a stage of this size, in their order.
pub fn arrange(stage: Size, tiles: &[Tile]) -> Vec<Rect> {
    let stage = Size { width: stage.width.min(MAX_STAGE), height: stage.height.min(MAX_STAGE) };
    let others = tiles.iter().filter(|tile| !tile.own).filter_map(ratio).max();
    let shapes: Vec<_> = tiles.iter().map(|tile| shape(tile, others)).collect();
    let rows = Rows::new(stage, &shapes);
    let upright = stage.width < PHONE_WIDTH && stage.height > stage.width;
    if let ([other, own], Some(true)) = (&*shapes, tiles.last().map(|last| last.own && upright)) {
        let corner = own.contain(Size {
            width: stage.width * CORNER_PERCENT / 100,
            height: stage.height * CORNER_PERCENT / 100,
        });
        let floating = area(other.contain(stage)) + area(corner);
        if other.crop || floating > rows.picture_area(&shapes) {
            return place_in_corner(stage, other, corner);
        }
    }
    rows.place(stage, &shapes)
}

fn area(size: Size) -> u32 {
    size.width * size.height
}

/// Two tiles: the other one's as large as possible, our own on top of it in the lower corner where lines end.
fn place_in_corner(stage: Size, other: &Shape, corner: Size) -> Vec<Rect> {
    let fitted = other.contain(stage);
    let size = if other.crop {
        stage
    } else {
        Size { height: extended_height(fitted.height, stage.height), ..fitted }
    };
    let at = |x: u32, y: u32, Size { width, height }: Size| Rect { x, y, width, height };
    let (right, bottom) = (corner.width + GAP, corner.height + GAP);
    vec![
        at((stage.width - size.width) / 2, (stage.height - size.height) / 2, size),
        at(stage.width.saturating_sub(right), stage.height.saturating_sub(bottom), corner),
    ]
}

fn extended_height(height: u32, most: u32) -> u32 {
    most.min(height * MAX_HEIGHT_FACTOR[0] / MAX_HEIGHT_FACTOR[1])
}

/// Pictures of one height, in rows.
struct Rows {
    height: u32,
    count: u32,
    /// Most pixels of a row.
    width: u32,
}

impl Rows {
    /// The number of rows with the largest pictures; where that is all but the same, with the largest tiles. The rows are
    /// as even as the order allows.
    fn new(stage: Size, shapes: &[Shape]) -> Self {
        let (mut best, mut best_score) = (Self { height: 0, count: 1, width: stage.width }, 0);
        for count in 1..=shapes.len() as u32 {
            let room = available_height(stage, count);
            let mut height = room;
            while height > 0 && count_rows(stage.width, height, shapes).is_none_or(|rows| rows > count) {
                height -= 1;
            }
            let score = 4 * height + extended_height(height, room);
            if score > best_score {
                (best, best_score) = (Self { height, count, ..best }, score);
            }
        }
        best.count = count_rows(stage.width, best.height, shapes).unwrap_or(1).max(1);
        while best.width > 0 && count_rows(best.width - 1, best.height, shapes) == Some(best.count) {
            best.width -= 1;
        }
        best
    }

    /// How much of the stage their pictures cover.
    fn picture_area(&self, shapes: &[Shape]) -> u32 {
        shapes.iter().map(|shape| shape.width_at(self.height) * shape.height_at(self.height)).sum()
    }

    fn place(&self, stage: Size, mut shapes: &[Shape]) -> Vec<Rect> {
        let room = available_height(stage, self.count);
        let crops = |shapes: &[Shape]| shapes.iter().filter(|shape| shape.crop).count() as u32;
        let row_height = if crops(shapes) > 0 { room } else { extended_height(self.height, room) };
        let mut y = (stage.height + GAP).saturating_sub((row_height + GAP) * self.count) / 2;
        let mut placed = Vec::new();
        while !shapes.is_empty() {
            let length = row_length(self.width, self.height, shapes).clamp(1, shapes.len());
            let (row, rest) = shapes.split_at(length);
            let used: u32 = row.iter().map(|shape| shape.width_at(self.height) + GAP).sum();
            let spare = (stage.width + GAP).saturating_sub(used);
            // Whoever is to fill the room gets what the row leaves.
            let more = spare.checked_div(crops(row));
            let mut x = if more.is_some() { 0 } else { spare / 2 };
            for shape in row {
                let (mut width, mut height) = (shape.width_at(self.height), room);
                if shape.crop {
                    width += more.unwrap_or(0);
                } else {
                    height = extended_height(shape.height_at(self.height), room);
                }
                placed.push(Rect { x, y: y + (row_height - height) / 2, width, height });
                x += width + GAP;
            }
            y += row_height + GAP;
            shapes = rest;
        }
        placed
    }
}

/// The height of each of so many rows.
fn available_height(stage: Size, rows: u32) -> u32 {
    stage.height.saturating_sub(GAP * (rows - 1)) / rows.max(1)
}

/// How many rows pictures of this height make; `None` if one of them is wider than a row.
fn count_rows(width: u32, height: u32, mut shapes: &[Shape]) -> Option<u32> {
    let mut rows = 0;
    while !shapes.is_empty() {
        let length = row_length(width, height, shapes);
        shapes = shapes.get(length..).filter(|_| length > 0)?;
        rows += 1;
    }
    Some(rows)
}

/// How many of the first pictures stand in one row.
fn row_length(width: u32, height: u32, shapes: &[Shape]) -> usize {
    let mut right = 0;
    let fits = |shape: &&Shape| {
        right += shape.width_at(height) + GAP;
        right <= width + GAP
    };
    shapes.iter().take_while(fits).count()
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
    fn picture_size(rect: &Rect, picture: Size) -> Size {
        let height = rect.height.min(rect.width * picture.height / picture.width);
        Size { width: height * picture.width / picture.height, height }
    }

    /// The share of its tile that a picture covers, in percent.
    fn covered(rect: &Rect, picture: Size) -> u32 {
        area(picture_size(rect, picture)) * 100 / (rect.width * rect.height)
    }

    fn arranged(stage: Size, tiles: &[Tile]) -> Vec<Rect> {
        let placed = arrange(stage, tiles);
        assert_eq!(placed.len(), tiles.len());
        for (at, rect) in placed.iter().enumerate() {
            let inside = rect.x + rect.width <= stage.width && rect.y + rect.height <= stage.height;
            assert!(inside, "{rect:?} of {placed:?} in {stage:?}");
            assert!(tiles[at].own || !placed[..at].iter().any(|other| rect.overlaps(other)), "{placed:?}");
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
        assert_eq!(
            picture_size(&placed[0], LAPTOP),
            Size { width: 343, height: 193 },
            "as wide as the phone"
        );
        assert!(!placed[0].overlaps(&placed[1]), "{placed:?}");
    }

    #[test]
    fn two_phones_held_upright_fill_each_other_s_screen() {
        let placed = arranged(PHONE, &[of(UPRIGHT), own(UPRIGHT)]);
        assert_eq!(picture_size(&placed[0], UPRIGHT), Size { width: 342, height: 609 });
        assert_eq!((placed[1].width, placed[1].height), (98, 176), "ourselves in the corner");
        assert!(placed[0].overlaps(&placed[1]));
    }

    #[test]
    fn two_people_at_a_desk_lose_nothing_of_their_pictures() {
        let placed = arranged(DESKTOP, &[of(LAPTOP), own(LAPTOP)]);
        assert_eq!(picture_size(&placed[0], LAPTOP), Size { width: 625, height: 352 });
        assert_eq!(placed[0].width, 627, "and nothing stands beside them");
        let higher = arranged(Size { height: 716, ..DESKTOP }, &[of(LAPTOP), own(LAPTOP)]);
        assert_eq!(higher[0].y, higher[1].y, "two rows would be a pixel larger, and half of the stage empty");
        assert_eq!(placed.iter().map(|rect| (rect.width, rect.height)).collect::<Vec<_>>(), [(627, 470); 2]);
    }

    #[test]
    fn most_of_a_stage_is_used() {
        for stage in [DESKTOP, Size { height: 716, ..DESKTOP }, Size { width: 1904, height: 996 }] {
            for count in [2, 3, 4, 6, 8, 9] {
                let placed = arranged(stage, &vec![of(LAPTOP); count]);
                let used: u32 = placed.iter().map(|rect| rect.width * rect.height).sum();
                assert!(used * 100 / area(stage) >= 60, "{count} in {stage:?}: {placed:?}");
            }
        }
    }

    #[test]
    fn a_phone_that_is_turned_gets_the_other_shape() {
        let before = arranged(DESKTOP, &[of(UPRIGHT), own(LAPTOP)]);
        let after = arranged(DESKTOP, &[of(Size { width: 640, height: 360 }), own(LAPTOP)]);
        assert!(before[0].height > before[0].width);
        assert!(after[0].width > after[0].height);
        assert!(before[1].height > after[1].height, "what one does not need, the other has");
    }

    #[test]
    fn our_own_picture_is_never_larger_than_that_of_somebody_on_a_phone() {
        for stage in [DESKTOP, ON_ITS_SIDE] {
            let placed = arranged(stage, &[of(UPRIGHT), own(LAPTOP)]);
            let [remote, local] = [picture_size(&placed[0], UPRIGHT), picture_size(&placed[1], LAPTOP)];
            assert!(area(local) <= area(remote) * 101 / 100, "{placed:?}");
            assert!(area(local) >= area(remote) * 95 / 100, "nor much smaller: {placed:?}");
        }
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
