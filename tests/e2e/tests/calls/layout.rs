//! How the stage uses its space. Screenshots are saved among the artifacts.

use serde_json::Value;
use visavis_e2e::call::join;
use visavis_e2e::snapshot::Rect;
use visavis_e2e::{Browser, Page, Server, Setup, Snapshot, tools};

/// Phone, laptop, desktop.
const SIZES: [(u32, u32); 3] = [(360, 740), (1280, 800), (1920, 1080)];

/// The box around the tiles that the page gives them; the viewport, if it lays them out in another way.
const STAGE: &str = r"
const { x, y, width, height } = document.querySelector('[data-participant]').parentElement.getBoundingClientRect();
return width * height ? { x, y, width, height } : { x: 0, y: 0, width: innerWidth, height: innerHeight };
";

async fn stage(page: &Page) -> Rect {
    let value: Value = page.eval(STAGE, vec![]).await;
    serde_json::from_value(value).expect("a rectangle")
}

/// On a phone held upright, one's own small picture may float over the only other one.
fn may_overlap(snapshot: &Snapshot, width: u32) -> bool {
    width < 600 && snapshot.tiles.len() == 2
}

/// What is wrong with the stage, if anything.
fn layout_issue(snapshot: &Snapshot, width: u32, stage: Rect) -> Option<String> {
    let tiles: Vec<Rect> = snapshot.tiles.iter().map(|tile| tile.rect).collect();
    let used = tiles.iter().map(Rect::size).sum::<f64>() / stage.size();
    if !tiles.iter().all(|tile| tile.is_inside(snapshot.width, snapshot.height)) {
        return Some(format!("a tile is not inside the page: {tiles:?}"));
    }
    if !may_overlap(snapshot, width)
        && tiles.iter().enumerate().any(|(i, tile)| overlaps(tile, &tiles[i + 1..]))
    {
        return Some(format!("a tile overlaps another: {tiles:?}"));
    }
    if let Some(over) = control_over(snapshot, &tiles) {
        return Some(format!("{over} lies over a tile: {tiles:?}"));
    }
    if snapshot.scroll_width > snapshot.width {
        return Some("something is cut off at the side".into());
    }
    // Who is alone shares the stage with an invitation.
    (width >= 600 && tiles.len() > 1 && used < 0.6)
        .then(|| format!("the stage is badly used: {:.0} % of {stage:?} by {tiles:?}", used * 100.0))
}

fn overlaps(tile: &Rect, others: &[Rect]) -> bool {
    others.iter().any(|other| tile.overlaps(other))
}

fn control_over(snapshot: &Snapshot, tiles: &[Rect]) -> Option<String> {
    let names = ["microphone", "camera", "leave"];
    let mut controls = snapshot.controls.iter().filter(|control| names.contains(&control.name.as_str()));
    controls.find(|control| overlaps(&control.rect, tiles)).map(|control| control.name.clone())
}

/// Checks the layout in every size and saves a screenshot of each.
pub(crate) async fn assert_layout(page: &Page, tiles: usize) {
    for (width, height) in SIZES {
        page.resize(width, height).await;
        page.wait_until("everybody's picture", |snapshot| {
            let shown = |tile: &visavis_e2e::Tile| tile.video.as_ref().is_some_and(|video| video.width > 0);
            snapshot.tiles.len() == tiles && snapshot.tiles.iter().all(shown)
        })
        .await;
        let stage = stage(page).await;
        page.wait_until(&format!("{tiles} tiles to fit {width}x{height}"), |snapshot| {
            let issue = layout_issue(snapshot, width, stage);
            issue.iter().for_each(|issue| println!("{issue}"));
            issue.is_none()
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
            assert_layout(&pages[0], pages.len()).await;
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
        let snapshot = page
            .wait_until("the lobby with its camera", |snapshot| {
                snapshot.control("join").is_some()
                    && snapshot.control("camera").is_some_and(|it| it.state == "on")
            })
            .await;
        assert!(snapshot.scroll_width <= snapshot.width, "nothing is cut off at the side: {snapshot}");
        let between = page.eval(UNREACHABLE, vec![]).await;
        assert_eq!(between, "", "between a person and Join, at {width}x{height}");
        page.screenshot(&tools::artifacts().join(format!("lobby-{width}x{height}.png")).to_string_lossy())
            .await;
    }
}
