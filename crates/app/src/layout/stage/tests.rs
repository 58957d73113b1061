use super::*;

const LAPTOP: Size = Size { width: 1280, height: 720 };
const UPRIGHT: Size = Size { width: 360, height: 640 };
const DESKTOP: Size = Size { width: 1264, height: 712 };
const PHONE: Size = Size { width: 344, height: 652 };
const STAGES: [Size; 5] = [
    DESKTOP,
    PHONE,
    Size { width: 656, height: 344 },
    Size { width: 1904, height: 990 },
    Size { width: 90, height: 60 },
];
const CORNERS: [Corner; 4] = [
    Corner { top: false, start: false },
    Corner { top: false, start: true },
    Corner { top: true, start: false },
    Corner { top: true, start: true },
];

fn person(picture: Size) -> StageTile {
    StageTile { tile: Tile { picture: Some(picture), ..Tile::default() }, ..StageTile::default() }
}

fn own() -> StageTile {
    let tile = Tile { own: true, picture: Some(LAPTOP), crop: false };
    StageTile { tile, ..StageTile::default() }
}

fn screen() -> StageTile {
    StageTile { kind: TileKind::Screen, ..person(Size { width: 1920, height: 1080 }) }
}

/// So many others of all shapes, and ourselves.
fn people(others: usize) -> Vec<StageTile> {
    let shapes = [LAPTOP, UPRIGHT, Size { width: 640, height: 480 }, Size::default()];
    (0..others).map(|at| person(shapes[at % shapes.len()])).chain([own()]).collect()
}

fn with(layout: Layout) -> StageOptions {
    StageOptions { layout, ..StageOptions::default() }
}

/// Arranges, and holds what always holds.
fn arranged(stage: Size, tiles: &[StageTile], options: &StageOptions) -> Arrangement {
    let arrangement = arrange(stage, tiles, options);
    assert_eq!(arrangement.rects.len(), tiles.len());
    assert!(arrangement.page < arrangement.pages, "{arrangement:?}");
    let placed: Vec<(usize, Rect)> =
        (0..).zip(&arrangement.rects).filter_map(|(at, rect)| Some((at, (*rect)?))).collect();
    for (index, (at, rect)) in placed.iter().enumerate() {
        let inside = rect.x + rect.width <= stage.width && rect.y + rect.height <= stage.height;
        assert!(inside, "{rect:?} in {stage:?}: {arrangement:?}");
        for (other, below) in &placed[..index] {
            let floats = arrangement.floating == Some(*at) || arrangement.floating == Some(*other);
            assert!(floats || !rect.overlaps(below), "{rect:?} and {below:?} in {stage:?}: {arrangement:?}");
        }
    }
    arrangement
}

fn shown(arrangement: &Arrangement) -> Vec<usize> {
    (0..).zip(&arrangement.rects).filter(|(_, rect)| rect.is_some()).map(|(at, _)| at).collect()
}

fn rect(arrangement: &Arrangement, at: usize) -> Rect {
    arrangement.rects[at].expect("it is shown")
}

fn area(rect: Rect) -> u32 {
    rect.width * rect.height
}

#[test]
fn nothing_overlaps_or_leaves_any_stage_in_any_layout() {
    for stage in STAGES {
        for layout in Layout::ALL {
            for others in 0..=20 {
                for corner in CORNERS {
                    let mut tiles = people(others);
                    let options = StageOptions { corner, page: others % 4, ..with(layout) };
                    arranged(stage, &tiles, &options);
                    arranged(stage, &tiles, &StageOptions { hides_own: true, ..options });
                    tiles.insert(others / 2, screen());
                    arranged(stage, &tiles, &options);
                    tiles[others / 3].pinned = true;
                    tiles[others].tile.crop = true;
                    arranged(stage, &tiles, &options);
                }
            }
        }
    }
}

#[test]
fn everybody_is_on_one_page_and_ourselves_on_each() {
    for stage in [DESKTOP, PHONE] {
        for layout in Layout::ALL {
            for others in 1..=20 {
                let tiles = people(others);
                let pages = arranged(stage, &tiles, &with(layout)).pages;
                let mut seen = vec![0; tiles.len()];
                for page in 0..pages {
                    let arrangement = arranged(stage, &tiles, &StageOptions { page, ..with(layout) });
                    assert_eq!(arrangement.page, page);
                    shown(&arrangement).into_iter().for_each(|at| seen[at] += 1);
                }
                let large = arranged(stage, &tiles, &with(layout)).large;
                for (at, times) in seen.iter().enumerate() {
                    let always = at == others || large == Some(at);
                    assert_eq!(*times, if always { pages } else { 1 }, "{at} of {others} in {layout:?}");
                }
            }
        }
    }
}

#[test]
fn a_grid_has_nine_tiles_on_a_page() {
    let pages = |others| arranged(DESKTOP, &people(others), &with(Layout::Grid)).pages;
    assert_eq!([8, 9, 16, 17].map(pages), [1, 2, 2, 3]);
    let last = arranged(DESKTOP, &people(9), &StageOptions { page: 7, ..with(Layout::Grid) });
    assert_eq!((last.page, shown(&last)), (1, vec![8, 9]), "a page that is gone is the last one");
}

#[test]
fn two_people_stand_as_before() {
    for stage in STAGES {
        let tiles = people(1);
        let plain = super::super::arrange(stage, &tiles.iter().map(|tile| tile.tile).collect::<Vec<_>>());
        for layout in [Layout::Automatic, Layout::Grid] {
            let arrangement = arranged(stage, &tiles, &with(layout));
            assert_eq!(arrangement.rects, plain.iter().copied().map(Some).collect::<Vec<_>>());
        }
    }
}

#[test]
fn automatic_turns_to_the_screen_that_somebody_else_shares() {
    let mut tiles = people(3);
    assert_eq!(arranged(DESKTOP, &tiles, &with(Layout::Automatic)).large, None);
    let mut ours = screen();
    ours.tile.own = true;
    tiles.insert(3, ours);
    assert_eq!(arranged(DESKTOP, &tiles, &with(Layout::Automatic)).large, None, "ours we know");
    tiles.insert(1, screen());
    let arrangement = arranged(DESKTOP, &tiles, &with(Layout::Automatic));
    assert_eq!(arrangement.large, Some(1));
    assert_eq!(arranged(DESKTOP, &tiles, &with(Layout::Grid)).large, None);
    let others = |at: usize| rect(&arrangement, at);
    assert!([0, 2, 3, 4, 5].iter().all(|at| others(*at).x > 900), "in a sidebar: {arrangement:?}");
    assert!(area(rect(&arrangement, 1)) * 100 >= 60 * DESKTOP.width * DESKTOP.height, "{arrangement:?}");
    let upright = arranged(PHONE, &tiles, &with(Layout::Automatic));
    assert!(rect(&upright, 1).y < rect(&upright, 0).y, "below, on a phone: {upright:?}");
}

#[test]
fn a_spotlight_is_on_whoever_speaks_unless_somebody_is_pinned() {
    let mut tiles = people(4);
    let large = |tiles: &[StageTile], layout| arranged(DESKTOP, tiles, &with(layout)).large;
    assert_eq!(large(&tiles, Layout::Spotlight), Some(0), "the first of the others");
    tiles[2].kind = TileKind::ActiveSpeaker;
    assert_eq!(large(&tiles, Layout::Spotlight), Some(2));
    assert_eq!(large(&tiles, Layout::Automatic), None);
    tiles[1].pinned = true;
    for layout in Layout::ALL {
        assert_eq!(large(&tiles, layout), Some(1), "{layout:?}");
    }
    tiles.push(screen());
    assert_eq!(large(&tiles, Layout::Automatic), Some(1), "also beside a screen");
    tiles[1].pinned = false;
    assert_eq!(large(&tiles, Layout::Spotlight), Some(5));
}

#[test]
fn the_large_tile_keeps_its_shape() {
    for (stage, picture) in [(DESKTOP, LAPTOP), (DESKTOP, UPRIGHT), (PHONE, LAPTOP), (PHONE, UPRIGHT)] {
        let mut tiles = people(4);
        tiles[0] = person(picture);
        let Rect { width, height, .. } = rect(&arranged(stage, &tiles, &with(Layout::Spotlight)), 0);
        let whole = height.min(width * picture.height / picture.width);
        let covered = whole * (whole * picture.width / picture.height) * 100 / (width * height);
        assert!(covered >= 74, "{covered} % of {width}x{height}");
        assert!(width * height * 100 >= 15 * stage.width * stage.height, "{width}x{height} of {stage:?}");
    }
}

#[test]
fn our_own_picture_stands_in_the_corner_that_was_chosen() {
    let tiles = [person(UPRIGHT), own()];
    for corner in CORNERS {
        for (stage, layout) in [(PHONE, Layout::Automatic), (DESKTOP, Layout::Spotlight)] {
            let arrangement = arranged(stage, &tiles, &StageOptions { corner, ..with(layout) });
            assert_eq!(arrangement.floating, Some(1));
            let Rect { x, y, width, height } = rect(&arrangement, 1);
            assert_eq!(x, if corner.start { GAP } else { stage.width - width - GAP });
            assert_eq!(y, if corner.top { GAP } else { stage.height - height - GAP });
        }
    }
    let side_by_side = arranged(DESKTOP, &people(1), &with(Layout::Automatic));
    assert_eq!(side_by_side.floating, None, "it stands on nobody");
}

#[test]
fn a_small_window_shows_somebody_whatever_the_layout() {
    let foremost = |tiles: &[StageTile], layout| foremost(tiles, &arranged(DESKTOP, tiles, &with(layout)));
    let mut tiles = people(3);
    assert_eq!(foremost(&tiles, Layout::Grid), Some(0));
    tiles[1].kind = TileKind::ActiveSpeaker;
    assert_eq!(foremost(&tiles, Layout::Grid), Some(1));
    tiles[2].pinned = true;
    assert_eq!(foremost(&tiles, Layout::Grid), Some(2));
    let seat = StageTile { kind: TileKind::Seat, ..StageTile::default() };
    assert_eq!(foremost(&[own(), seat], Layout::Spotlight), Some(0));
    assert_eq!(foremost(&[seat], Layout::Spotlight), None);
}

#[test]
fn our_own_picture_can_be_hidden_but_not_our_screen() {
    let mut ours = screen();
    ours.tile.own = true;
    let tiles = [person(LAPTOP), ours, own()];
    let options = StageOptions { hides_own: true, ..with(Layout::Grid) };
    assert_eq!(shown(&arranged(DESKTOP, &tiles, &options)), [0, 1]);
    let alone = [own(), StageTile { kind: TileKind::Seat, ..StageTile::default() }];
    for layout in Layout::ALL {
        assert_eq!(arranged(DESKTOP, &alone, &with(layout)).large, None, "nobody is there");
    }
}
