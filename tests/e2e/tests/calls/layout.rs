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

fn assert_tidy(look: &Look, width: u32, stage: Area) {
    let tiles: Vec<Area> = look.tiles.iter().map(|tile| tile.area).collect();
    for (i, tile) in tiles.iter().enumerate() {
        assert!(tile.is_inside(look.width, look.height), "tile {i} is inside the page: {tiles:?}");
        let clear = tiles[i + 1..].iter().all(|other| !tile.overlaps(other));
        assert!(clear || may_overlap(look, width), "tile {i} overlaps another: {tiles:?}");
        let over = look.controls.iter().find(|control| {
            ["microphone", "camera", "leave"].contains(&control.name.as_str()) && control.area.overlaps(tile)
        });
        assert!(over.is_none(), "a control lies over tile {i}: {over:?}");
    }
    assert!(look.scroll_width <= look.width, "nothing is cut off at the side: {look}");
    let used = tiles.iter().map(Area::size).sum::<f64>() / stage.size();
    println!("{} tiles at {width}: {:.0} % of the stage, which is {stage:?}", tiles.len(), used * 100.0);
    // Who is alone shares the stage with an invitation.
    assert!(
        width < 600 || tiles.len() == 1 || used >= 0.6,
        "the stage is used well: {:.0} % by {tiles:?}",
        used * 100.0
    );
}

/// Looks at the stage in every size and keeps a picture of each.
async fn look_at(page: &Page, tiles: usize) {
    for (width, height) in SIZES {
        page.resize(width, height).await;
        page.until("everybody's picture", |look| {
            let shown = |tile: &visavis_e2e::Tile| tile.video.as_ref().is_some_and(|video| video.width > 0);
            look.tiles.len() == tiles && look.tiles.iter().all(shown)
        })
        .await;
        let settled = page
            .until(&format!("the stage to fit {width}x{height}"), |look| {
                look.tiles.iter().all(|tile| tile.area.is_inside(look.width, look.height))
            })
            .await;
        let path = tools::artifacts().join(format!("stage-{tiles}-{width}x{height}.png"));
        page.screenshot(&path.to_string_lossy()).await;
        assert_tidy(&settled, width, stage(page).await);
    }
}

#[tokio::test]
async fn the_stage_fits_one_to_six_people_on_every_screen() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::small_chrome()).await;
    let mut pages: Vec<Page> = Vec::new();
    for (i, name) in ["Ann", "Ben", "Cem", "Dot", "Eli", "Fay"].into_iter().enumerate() {
        let page = browser.open(name, &server.url()).await;
        join(&page, "tea").await;
        pages.push(page);
        if [1, 2, 3, 6].contains(&(i + 1)) {
            look_at(&pages[0], i + 1).await;
        }
    }
}

#[tokio::test]
async fn the_lobby_fits_every_screen() {
    let server = Server::start().await;
    let page = Browser::chrome().await.open("Ann", &server.url()).await;
    for (width, height) in SIZES {
        page.resize(width, height).await;
        let look = page
            .until("the lobby with its camera", |look| {
                look.control("join").is_some() && look.control("camera").is_some_and(|it| it.state == "on")
            })
            .await;
        assert!(look.scroll_width <= look.width, "nothing is cut off at the side: {look}");
        page.screenshot(&tools::artifacts().join(format!("lobby-{width}x{height}.png")).to_string_lossy())
            .await;
    }
}
