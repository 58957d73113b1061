//! How the stage uses its space. The pictures are kept among the artifacts, for eyes.

use serde_json::Value;
use visavis_e2e::call::join;
use visavis_e2e::look::Area;
use visavis_e2e::{Browser, Look, Page, Server, Setup, tools};

/// Phone, laptop, desktop.
const SIZES: [(u32, u32); 3] = [(360, 740), (1280, 800), (1920, 1080)];

/// The box around the tiles that the page gives them; the viewport, if it lays them out in another way.
const STAGE: &str = r"
const { x, y, width, height } = document.querySelector('[data-participant]').parentElement.getBoundingClientRect();
return width * height ? { x, y, width, height } : { x: 0, y: 0, width: innerWidth, height: innerHeight };
";

async fn stage(page: &Page) -> Area {
    let value: Value = page.eval(STAGE, vec![]).await;
    serde_json::from_value(value).expect("a rectangle")
}

/// On a phone held upright, one's own small picture may float over the only other one.
fn may_overlap(look: &Look, width: u32) -> bool {
    width < 600 && look.tiles.len() == 2
}

/// What is wrong with the stage, if anything.
fn complaint(look: &Look, width: u32, stage: Area) -> Option<String> {
    let tiles: Vec<Area> = look.tiles.iter().map(|tile| tile.area).collect();
    let used = tiles.iter().map(Area::size).sum::<f64>() / stage.size();
    if !tiles.iter().all(|tile| tile.is_inside(look.width, look.height)) {
        return Some(format!("a tile is not inside the page: {tiles:?}"));
    }
    if !may_overlap(look, width) && tiles.iter().enumerate().any(|(i, tile)| overlaps(tile, &tiles[i + 1..]))
    {
        return Some(format!("a tile overlaps another: {tiles:?}"));
    }
    if let Some(over) = control_over(look, &tiles) {
        return Some(format!("{over} lies over a tile: {tiles:?}"));
    }
    if look.scroll_width > look.width {
        return Some("something is cut off at the side".into());
    }
    // Who is alone shares the stage with an invitation.
    (width >= 600 && tiles.len() > 1 && used < 0.6)
        .then(|| format!("the stage is badly used: {:.0} % of {stage:?} by {tiles:?}", used * 100.0))
}

fn overlaps(tile: &Area, others: &[Area]) -> bool {
    others.iter().any(|other| tile.overlaps(other))
}

fn control_over(look: &Look, tiles: &[Area]) -> Option<String> {
    let names = ["microphone", "camera", "leave"];
    let mut controls = look.controls.iter().filter(|control| names.contains(&control.name.as_str()));
    controls.find(|control| overlaps(&control.area, tiles)).map(|control| control.name.clone())
}

/// Looks at the stage in every size and keeps a picture of each.
pub(crate) async fn look_at(page: &Page, tiles: usize) {
    for (width, height) in SIZES {
        page.resize(width, height).await;
        page.until("everybody's picture", |look| {
            let shown = |tile: &visavis_e2e::Tile| tile.video.as_ref().is_some_and(|video| video.width > 0);
            look.tiles.len() == tiles && look.tiles.iter().all(shown)
        })
        .await;
        let stage = stage(page).await;
        page.until(&format!("{tiles} tiles to fit {width}x{height}"), |look| {
            let complaint = complaint(look, width, stage);
            complaint.iter().for_each(|complaint| println!("{complaint}"));
            complaint.is_none()
        })
        .await;
        let browser = page.browser().kind();
        let path = tools::artifacts().join(format!("{browser:?}-stage-{tiles}-{width}x{height}.png"));
        page.screenshot(&path.to_string_lossy()).await;
    }
}

/// The first of these people sees as many tiles as each of `counts` says, one after the other.
pub(crate) async fn stage_fits(names: &[&str], counts: &[usize]) {
    let server = Server::start().await;
    let browser = Browser::start(Setup::small_chrome()).await;
    let mut pages: Vec<Page> = Vec::new();
    for name in names {
        let page = browser.open(name, &server.url()).await;
        join(&page, "tea").await;
        pages.push(page);
        if counts.contains(&pages.len()) {
            look_at(&pages[0], pages.len()).await;
        }
    }
}

#[tokio::test]
async fn the_stage_fits_one_to_three_people_on_every_screen() {
    stage_fits(&["Ann", "Ben", "Cem"], &[1, 2, 3]).await;
}

/// Scrolls what a person can scroll until Join is in view; says what keeps it away. A driver would scroll more than that.
const UNREACHABLE: &str = r"
const join = document.querySelector('[data-control=join]');
const page = document.scrollingElement;
for (let box = join.parentElement; box; box = box.parentElement) {
  const scrolls = getComputedStyle(box).overflowY;
  if (box === page ? scrolls === 'hidden' : !['auto', 'scroll'].includes(scrolls)) continue;
  const end = box === page ? innerHeight : box.getBoundingClientRect().bottom;
  box.scrollTop += Math.max(0, join.getBoundingClientRect().bottom - end);
}
const { left, right, top, bottom } = join.getBoundingClientRect();
const points = [[left + 8, top + 8], [right - 8, bottom - 8], [(left + right) / 2, (top + bottom) / 2]];
const over = points.map(([x, y]) => document.elementFromPoint(x, y)).find(it => !join.contains(it));
return over === undefined ? '' : `${over?.outerHTML.slice(0, 90) ?? 'the edge of the window'} at ${points}`;
";

#[tokio::test]
async fn the_lobby_fits_every_screen() {
    let server = Server::start().await;
    let page = Browser::chrome().await.open("Ann", &server.url()).await;
    // And a phone on its side, a narrow one, and a small window.
    for (width, height) in SIZES.into_iter().chain([(740, 360), (320, 480), (640, 400)]) {
        page.resize(width, height).await;
        let look = page
            .until("the lobby with its camera", |look| {
                look.control("join").is_some() && look.control("camera").is_some_and(|it| it.state == "on")
            })
            .await;
        assert!(look.scroll_width <= look.width, "nothing is cut off at the side: {look}");
        let between = page.eval(UNREACHABLE, vec![]).await;
        assert_eq!(between, "", "between a person and Join, at {width}x{height}");
        page.screenshot(&tools::artifacts().join(format!("lobby-{width}x{height}.png")).to_string_lossy())
            .await;
    }
}
