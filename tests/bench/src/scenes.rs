//! What is measured, one scene each: it opens pages, has people do something, and gives figures by name.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::json;
use tokio::time::{Instant, sleep, timeout};

use crate::rig::Rig;
use crate::visit::{Scene, Times, Visit};

/// Figures by name.
pub(crate) type Values = BTreeMap<&'static str, f64>;

/// How long somebody waits for a picture of full size; then it has not come.
const FULL_PICTURE_LIMIT: u32 = 6_000;
/// How long a call stands before its steady state is measured, and for how long that is.
const SETTLE: Duration = Duration::from_secs(5);
const STEADY: Duration = Duration::from_secs(8);
/// Longer where next to nothing happens, or asking for the time would be most of it.
const STEADY_HIDDEN: Duration = Duration::from_secs(30);
/// How long a room waits until everybody sees the newest.
const STANDING_LIMIT: Duration = Duration::from_secs(15);
/// How often somebody joins and leaves, and after which of these what is left is counted for the first time.
const JOINS: u32 = 50;
const FIRST_JOINS: u32 = 20;

/// Names of rooms that nobody has been in.
fn room() -> String {
    format!("room-{:08x}", fastrand::u32(..))
}

/// Somebody who is in the room already.
async fn member(rig: &Rig, scene: Scene, room: &str) -> Result<Visit> {
    let member = Visit::open(rig, scene, 0).await?;
    member.look_at_oneself().await;
    member.join(room).await;
    // Until all is done that a server and a browser do after a join.
    sleep(Duration::from_millis(800 + 12 * scene.delay)).await;
    Ok(member)
}

/// The click in a lobby that is ready. With `full`, the picture of full size is waited for, too.
pub(crate) async fn warm(rig: &Rig, scene: Scene, full: bool) -> Result<Values> {
    let room = room();
    let member = member(rig, scene, &room).await?;
    let newcomer = Visit::open(rig, scene, 1).await?;
    newcomer.prepare(scene.delay).await;
    // Or each click would find the cameras, which give a picture every 50 ms, in the same state.
    sleep(Duration::from_millis(fastrand::u64(..50))).await;
    let before = newcomer.main_thread().await?;
    newcomer.join(&room).await;
    newcomer.wait_for_pictures(1).await?;
    member.wait_for_pictures(1).await?;
    let busy = newcomer.main_thread().await? - before;
    if full {
        newcomer.wait_for_full_picture(FULL_PICTURE_LIMIT).await;
        member.wait_for_full_picture(FULL_PICTURE_LIMIT).await;
    }
    let (there, here) = (member.times().await?, newcomer.times().await?);
    let click = here.click.context("nobody has clicked")?;
    let mut values = pictures(&there, &here, click)?;
    values.insert("main-thread", busy);
    if !full {
        // Who is there at once would be compared with nobody.
        values.remove("full");
    }
    member.close().await;
    newcomer.close().await;
    Ok(values)
}

/// The navigation of a browser that has loaded nothing yet, and the click as soon as it can be.
pub(crate) async fn cold(rig: &Rig, scene: Scene) -> Result<Values> {
    let room = room();
    let member = member(rig, scene, &room).await?;
    let newcomer = Visit::prepare_window(rig, scene, 1, Some(&room)).await?;
    newcomer.forget_cache().await;
    newcomer.go().await;
    newcomer.wait_for_pictures(1).await?;
    member.wait_for_pictures(1).await?;
    let (there, here) = (member.times().await?, newcomer.times().await?);
    let mut values = pictures(&there, &here, here.origin)?;
    values.insert("ready", here.ready.context("it was never ready")? - here.origin);
    values.insert("main-thread", newcomer.main_thread().await?);
    member.close().await;
    newcomer.close().await;
    Ok(values)
}

/// How long after `start` there were pictures: of both, of the newcomer, of who was there, and of full size on both sides.
fn pictures(there: &Times, here: &Times, start: f64) -> Result<Values> {
    let (member, newcomer) = (there.reached(1)?, here.reached(1)?);
    let times = [("both", member.max(newcomer)), ("newcomer", newcomer), ("member", member)];
    let full = there.full.zip(here.full).map(|(there, here)| ("full", there.max(here)));
    Ok(times.into_iter().chain(full).map(|(name, time)| (name, time - start)).collect())
}

/// The last one joins a room of so many, which then is complete.
pub(crate) async fn mesh(rig: &Rig, scene: Scene, people: usize) -> Result<Values> {
    let room = room();
    let mut visits = Vec::new();
    for person in 0..people {
        let visit = Visit::open(rig, scene, person).await?;
        visit.prepare(scene.delay).await;
        visits.push(visit);
    }
    let last = people - 1;
    for (count, visit) in visits.iter().enumerate() {
        visit.join(&room).await;
        for seen in visits[..=count].iter().filter(|_| count > 0) {
            seen.wait_for_pictures(count).await?;
        }
        sleep(Duration::from_millis(if count < last { 500 } else { 0 })).await;
    }
    let mut complete: f64 = 0.0;
    let mut click = None;
    for visit in visits {
        let times = visit.times().await?;
        complete = complete.max(times.reached(last)?);
        click = times.click;
        visit.close().await;
    }
    Ok([("complete", complete - click.context("nobody has clicked")?)].into())
}

/// A room of so many who see each other.
async fn standing(rig: &Rig, scene: Scene, people: usize) -> Result<Vec<Visit>> {
    let room = room();
    let mut visits = vec![member(rig, scene, &room).await?];
    for person in 1..people {
        let visit = Visit::open(rig, scene, person).await?;
        visit.prepare(scene.delay).await;
        visit.join(&room).await;
        visits.push(visit);
        // Where that is more than the machine can do, what it can is measured.
        let all = async || {
            for visit in &visits {
                visit.wait_for_pictures(person).await?;
            }
            anyhow::Ok(())
        };
        let _ = timeout(STANDING_LIMIT, all()).await;
    }
    Ok(visits)
}

/// What the pages of all of them count, together.
async fn total(visits: &[Visit], count: impl AsyncFn(&Visit) -> Result<f64>) -> Result<f64> {
    let mut sum = 0.0;
    for visit in visits {
        sum += count(visit).await?;
    }
    Ok(sum)
}

async fn close(visits: Vec<Visit>) {
    for visit in visits {
        visit.close().await;
    }
}

/// What the whole browser computes while so many people see each other, at the same size in every client.
pub(crate) async fn cpu(rig: &Rig, scene: Scene, people: usize) -> Result<Values> {
    let visits = standing(rig, scene, people).await?;
    for visit in &visits {
        visit.eval("probe.sameSize()").await;
    }
    sleep(SETTLE).await;
    let browser = rig.browser().await;
    let frames = async || total(&visits, async |visit| visit.number("probe.frames()").await).await;
    let (frames_before, busy_before, start) = (frames().await?, browser.processor_seconds(), Instant::now());
    sleep(STEADY).await;
    let (busy, seconds) = (browser.processor_seconds() - busy_before, start.elapsed().as_secs_f64());
    let frames = frames().await? - frames_before;
    ensure!(frames > 0.0, "no frame was decoded");
    let mut width = f64::MAX;
    for visit in &visits {
        width = width.min(visit.number("probe.narrowest()").await?);
    }
    close(visits).await;
    let pictures = (people * (people - 1)) as f64;
    Ok([
        ("cpu-per-frame", busy * 1000.0 / frames),
        ("frames-per-second", frames / seconds / pictures),
        ("cpu", busy / seconds * 100.0),
        ("width", width),
    ]
    .into())
}

/// For how long the main threads of two people are busy in each second of a call that neither looks at.
pub(crate) async fn hidden(rig: &Rig, scene: Scene) -> Result<Values> {
    let visits = standing(rig, scene, 2).await?;
    for visit in &visits {
        visit.hide().await;
    }
    sleep(SETTLE).await;
    let busy = async || total(&visits, async |visit| visit.main_thread().await).await;
    let (before, start) = (busy().await?, Instant::now());
    sleep(STEADY_HIDDEN).await;
    let busy = busy().await? - before;
    let seconds = start.elapsed().as_secs_f64();
    close(visits).await;
    Ok([("main-thread", busy / seconds / 2.0)].into())
}

/// What is left of many calls: somebody joins and leaves, and somebody else stays.
pub(crate) async fn leaks(rig: &Rig, scene: Scene) -> Result<Values> {
    let room = room();
    let member = member(rig, scene, &room).await?;
    let newcomer = Visit::open(rig, scene, 1).await?;
    newcomer.prepare(scene.delay).await;
    let mut first = None;
    for joins in 1..=JOINS {
        come_and_go(&member, &newcomer, &room).await?;
        if joins == FIRST_JOINS {
            first = Some((left(&member).await?, left(&newcomer).await?));
        }
    }
    let (member_before, newcomer_before) = first.context("too few joins")?;
    let (member_after, newcomer_after) = (left(&member).await?, left(&newcomer).await?);
    let grown = |after: &Values, before: &Values, name| {
        (after.get(name).copied().unwrap_or_default() - before.get(name).copied().unwrap_or_default())
            / f64::from(JOINS - FIRST_JOINS)
    };
    member.close().await;
    newcomer.close().await;
    Ok([
        ("heap-member", grown(&member_after, &member_before, "heap") / 1000.0),
        ("heap-newcomer", grown(&newcomer_after, &newcomer_before, "heap") / 1000.0),
        ("nodes", grown(&member_after, &member_before, "nodes")),
        ("listeners", grown(&member_after, &member_before, "listeners")),
        ("connections", member_after["connections"] + newcomer_after["connections"]),
        ("videos", member_after["videos"]),
    ]
    .into())
}

async fn come_and_go(member: &Visit, newcomer: &Visit, room: &str) -> Result<()> {
    newcomer.join(room).await;
    newcomer.wait_for_pictures(1).await?;
    member.wait_for_pictures(1).await?;
    sleep(Duration::from_millis(200)).await;
    newcomer.leave().await;
    let empty = member.eval("return await probe.waitUntilEmpty(15000)").await;
    ensure!(empty == json!(true), "who has left is still shown after 15 s");
    for visit in [member, newcomer] {
        visit.eval("probe.reset()").await;
    }
    sleep(Duration::from_millis(150)).await;
    Ok(())
}

/// What a page holds once everything is collected that nobody needs.
async fn left(visit: &Visit) -> Result<Values> {
    visit.collect_garbage().await;
    Ok([
        ("heap", visit.metric("JSHeapUsedSize").await?),
        ("nodes", visit.metric("Nodes").await?),
        ("listeners", visit.metric("JSEventListeners").await?),
        ("connections", visit.number("probe.counts().reachable").await?),
        ("videos", visit.number("probe.counts().videos").await?),
    ]
    .into())
}

/// What a page loads until its lobby is ready, compressed as its host sends it.
pub(crate) async fn bytes(rig: &Rig, scene: Scene) -> Result<Values> {
    let visit = Visit::prepare_window(rig, scene, 0, None).await?;
    visit.forget_cache().await;
    visit.go().await;
    visit.eval("await probe.waitForReady()").await;
    visit.prepare(scene.delay).await;
    // What is loaded beside the lobby.
    sleep(Duration::from_secs(1)).await;
    let values = [
        ("bytes", visit.number("probe.bytes().bytes").await? / 1000.0),
        ("files", visit.number("probe.bytes().files").await?),
    ];
    visit.close().await;
    Ok(values.into())
}
