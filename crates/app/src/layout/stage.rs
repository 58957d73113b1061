//! The layouts of a stage: a plain grid, or one large tile with the others in a strip; and what does not fit is on other
//! pages.

use super::{GAP, Rect, Shape, Size, Tile, extended_height, shape};

#[cfg(test)]
mod tests;

/// Most tiles of a page of a grid.
pub const MAX_GRID_TILES: usize = 9;
/// A strip takes this share of the stage...
const STRIP_PERCENT: u32 = 20;
/// ...and is so wide or high, in pixels: that of a spotlight, which lies below it, and that of a sidebar...
const STRIP_BELOW: [u32; 2] = [72, 168];
const STRIP_BESIDE: [u32; 2] = [112, 272];
/// ...but on a stage that is tiny takes no more than this.
const MAX_STRIP_PERCENT: u32 = 34;
/// So many stand in a strip at least, so that we are seen in it beside others.
const MIN_STRIP_TILES: u32 = 3;
/// Ratio of the tiles of a strip: width and height.
const STRIP_RATIO: [u32; 2] = [4, 3];

/// A layout, as a person chooses it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Layout {
    /// A sidebar while somebody else shares a screen; otherwise a grid.
    #[default]
    Automatic,
    /// Everybody in rows.
    Grid,
    /// One large tile, the others in a strip below it.
    Spotlight,
    /// One large tile, the others in a strip beside it; below it on a stage that is held upright.
    Sidebar,
}

impl Layout {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Automatic, Self::Grid, Self::Spotlight, Self::Sidebar];

    /// Its name in `data-layout`, and in the menu.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Automatic => "automatic",
            Self::Grid => "grid",
            Self::Spotlight => "spotlight",
            Self::Sidebar => "sidebar",
        }
    }
}

/// What a tile is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum TileKind {
    /// Somebody, with their camera or without.
    #[default]
    Person,
    /// The same, and of all people they are the one who speaks, or did last.
    ActiveSpeaker,
    /// A screen that is shared.
    Screen,
    /// An empty seat.
    Seat,
}

/// A tile of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageTile {
    /// Its shape, and whether it is ours.
    pub tile: Tile,
    /// What it is of.
    pub kind: TileKind,
    /// The person wants it to be the large one.
    pub pinned: bool,
}

impl StageTile {
    fn is_own_camera(&self) -> bool {
        self.tile.own && self.kind != TileKind::Screen
    }
}

/// A corner of the stage. In pages that are read from right to left the start is on the right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Corner {
    /// At the top, not at the bottom.
    pub top: bool,
    /// On the side where lines start, not where they end.
    pub start: bool,
}

/// What a person has chosen of a stage.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct StageOptions {
    /// The layout.
    pub layout: Layout,
    /// The page, counted from zero; the last one if there are fewer.
    pub page: usize,
    /// Where our own picture stands while it stands on another.
    pub corner: Corner,
    /// Our own picture is not shown.
    pub hides_own: bool,
}

/// Where everything is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arrangement {
    /// Where each tile stands, in their order; `None` for those that are not shown, or are on another page.
    pub rects: Vec<Option<Rect>>,
    /// The large one.
    pub large: Option<usize>,
    /// Our own picture, while it stands on another.
    pub floating: Option<usize>,
    /// The page that is shown.
    pub page: usize,
    /// How many pages there are; at least one.
    pub pages: usize,
}

impl Arrangement {
    fn of(tiles: usize) -> Self {
        Self { rects: vec![None; tiles], pages: 1, ..Self::default() }
    }

    fn place(&mut self, places: impl IntoIterator<Item = (usize, Rect)>) {
        for (at, rect) in places {
            if let Some(place) = self.rects.get_mut(at) {
                *place = Some(rect);
            }
        }
    }

    /// Lets our own picture stand in the corner that was chosen.
    fn float(&mut self, at: usize, stage: Size, corner: Corner) {
        let Some(Some(rect)) = self.rects.get_mut(at) else { return };
        let far = |length: u32, own: u32| length.saturating_sub(own + GAP);
        let near = |length: u32, own: u32| GAP.min(length.saturating_sub(own));
        rect.x = if corner.start { near } else { far }(stage.width, rect.width);
        rect.y = if corner.top { near } else { far }(stage.height, rect.height);
        self.floating = Some(at);
    }
}

/// Where a strip is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Below,
    Beside,
}

/// The tiles of one page.
struct Page {
    tiles: Vec<usize>,
    number: usize,
    count: usize,
}

/// Places every tile on a stage of this size.
pub fn arrange(stage: Size, tiles: &[StageTile], options: &StageOptions) -> Arrangement {
    let is_shown = |(_, tile): &(usize, &StageTile)| !(options.hides_own && tile.is_own_camera());
    let shown: Vec<(usize, &StageTile)> = tiles.iter().enumerate().filter(is_shown).collect();
    match large(stage, &shown, options.layout) {
        Some((large, side)) => with_large(stage, tiles, &shown, large, side, options),
        None => grid(stage, tiles, &shown, options),
    }
}

/// Whose picture a small window shows: the large one; in a grid whoever speaks, or the first of the others; or else ourselves.
pub fn foremost(tiles: &[StageTile], arrangement: &Arrangement) -> Option<usize> {
    let first = |is: fn(&StageTile) -> bool| tiles.iter().position(is);
    arrangement
        .large
        .or_else(|| first(|tile| tile.kind == TileKind::ActiveSpeaker))
        .or_else(|| first(|tile| tile.kind != TileKind::Seat && !tile.tile.own))
        .or_else(|| first(StageTile::is_own_camera))
}

/// Which tile is the large one, if any, and where the strip with the others is.
fn large(stage: Size, shown: &[(usize, &StageTile)], layout: Layout) -> Option<(usize, Side)> {
    let first = |is: fn(&StageTile) -> bool| shown.iter().find(|(_, tile)| is(tile)).map(|(at, _)| *at);
    let pinned = first(|tile| tile.pinned);
    let screen = first(|tile| tile.kind == TileKind::Screen && !tile.tile.own);
    let person = || {
        let speaker = first(|tile| tile.kind == TileKind::ActiveSpeaker);
        speaker.or_else(|| first(|tile| tile.kind != TileKind::Seat && !tile.tile.own))
    };
    let beside = if stage.width > stage.height { Side::Beside } else { Side::Below };
    match layout {
        Layout::Automatic if screen.is_some() => Some((pinned.or(screen)?, beside)),
        Layout::Automatic | Layout::Grid => Some((pinned?, Side::Below)),
        Layout::Spotlight => Some((pinned.or(screen).or_else(person)?, Side::Below)),
        Layout::Sidebar => Some((pinned.or(screen).or_else(person)?, beside)),
    }
}

/// A page of so many tiles. Ourselves we see on every page.
fn page(members: &[(usize, &StageTile)], most: usize, wanted: usize) -> Page {
    let all = || members.iter().map(|(at, _)| *at);
    if members.len() <= most {
        return Page { tiles: all().collect(), number: 0, count: 1 };
    }
    // In a strip with room for one, we take our turn.
    let keeps_own = |tile: &StageTile| most > 1 && tile.is_own_camera();
    let own = members.iter().find(|(_, tile)| keeps_own(tile)).map(|(at, _)| *at);
    let others: Vec<_> = all().filter(|at| Some(*at) != own).collect();
    let size = (most - usize::from(own.is_some())).max(1);
    let count = others.len().div_ceil(size);
    let number = wanted.min(count.saturating_sub(1));
    let tiles = others.into_iter().skip(number * size).take(size).chain(own).collect();
    Page { tiles, number, count }
}

fn grid(
    stage: Size,
    tiles: &[StageTile],
    shown: &[(usize, &StageTile)],
    options: &StageOptions,
) -> Arrangement {
    let page = page(shown, MAX_GRID_TILES, options.page);
    let on_page: Vec<Tile> =
        page.tiles.iter().filter_map(|at| tiles.get(*at)).map(|tile| tile.tile).collect();
    let rects = super::arrange(stage, &on_page);
    let mut arrangement =
        Arrangement { page: page.number, pages: page.count, ..Arrangement::of(tiles.len()) };
    arrangement.place(page.tiles.iter().copied().zip(rects.iter().copied()));
    if let ([other, own], [_, at]) = (&*rects, &*page.tiles)
        && other.overlaps(own)
    {
        arrangement.float(*at, stage, options.corner);
    }
    arrangement
}

fn with_large(
    stage: Size,
    tiles: &[StageTile],
    shown: &[(usize, &StageTile)],
    large: usize,
    side: Side,
    options: &StageOptions,
) -> Arrangement {
    let mut arrangement = Arrangement { large: Some(large), ..Arrangement::of(tiles.len()) };
    let others: Vec<_> = shown.iter().copied().filter(|(at, _)| *at != large).collect();
    let shape_of = |at: usize| tiles.get(at).map(|tile| shape(&tile.tile, None));
    // Of two people, one stands in the corner of the other's picture.
    if let [(at, own)] = *others
        && own.is_own_camera()
        && side == Side::Below
    {
        arrangement.place(shape_of(large).map(|shape| (large, fit(&shape, stage))));
        let corner = shape(&own.tile, None).contain(strip_cell(stage, side, 1));
        arrangement.place([(at, Rect { x: 0, y: 0, width: corner.width, height: corner.height })]);
        arrangement.float(at, stage, options.corner);
        return arrangement;
    }
    let cell = strip_cell(stage, side, others.len());
    let (length, step) = match side {
        Side::Below => (stage.width, cell.width + GAP),
        Side::Beside => (stage.height, cell.height + GAP),
    };
    let page = page(&others, ((length + GAP) / step).max(1) as usize, options.page);
    (arrangement.page, arrangement.pages) = (page.number, page.count);
    let rest = match side {
        _ if others.is_empty() => stage,
        Side::Below => Size { height: stage.height.saturating_sub(cell.height + GAP), ..stage },
        Side::Beside => Size { width: stage.width.saturating_sub(cell.width + GAP), ..stage },
    };
    arrangement.place(shape_of(large).map(|shape| (large, fit(&shape, rest))));
    let used = (step * page.tiles.len() as u32).saturating_sub(GAP);
    let start = length.saturating_sub(used) / 2;
    let places = page.tiles.iter().zip(0..).map(|(at, number)| {
        let along = start + step * number;
        let (x, y) = match side {
            Side::Below => (along, stage.height.saturating_sub(cell.height)),
            Side::Beside => (stage.width.saturating_sub(cell.width), along),
        };
        (*at, Rect { x, y, width: cell.width, height: cell.height })
    });
    arrangement.place(places);
    arrangement
}

/// The size of the tiles in a strip of so many: smaller if all of them find room like that.
fn strip_cell(stage: Size, side: Side, count: usize) -> Size {
    let [wide, high] = STRIP_RATIO;
    let (across, along, [least, most]) = match side {
        Side::Below => (stage.height, stage.width, STRIP_BELOW),
        Side::Beside => (stage.width, stage.height, STRIP_BESIDE),
    };
    // Such a side of a tile, by the one across the strip.
    let turned = |length: u32| match side {
        Side::Below => length * wide / high,
        Side::Beside => length * high / wide,
    };
    let one_of = |count: u32| along.saturating_sub(GAP * (count - 1)) / count;
    let share = (across * STRIP_PERCENT / 100).clamp(least, most).min(across * MAX_STRIP_PERCENT / 100);
    let fits_all = one_of((count as u32).max(1)).max(turned(least));
    let length = turned(share).min(fits_all).min(one_of(MIN_STRIP_TILES));
    match side {
        Side::Below => Size { width: length, height: length * high / wide },
        Side::Beside => Size { width: length * wide / high, height: length },
    }
}

/// As large as it can be in the middle of a box: a little higher than its picture where there is room, so that its name
/// stands beside it.
fn fit(shape: &Shape, inside: Size) -> Rect {
    let Size { width, height } = if shape.crop { inside } else { shape.contain(inside) };
    let height = extended_height(height, inside.height);
    Rect { x: (inside.width - width) / 2, y: (inside.height - height) / 2, width, height }
}
