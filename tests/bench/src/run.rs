//! The order of all scenes: in each round every client has its turn, in another order, so that whatever the machine does
//! meanwhile it does to all of them.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use tokio::time::timeout;

use crate::args::{Measure, Options};
use crate::clients::Client;
use crate::machine;
use crate::rig::Rig;
use crate::scenes::{self, Values};
use crate::visit::{Camera, Scene};

/// After so many rounds there is another browser.
const ROUNDS_OF_A_BROWSER: u32 = 4;
/// No scene takes longer, unless something is wrong with it.
const LIMIT: Duration = Duration::from_secs(300);

/// What one scene gave.
#[derive(Serialize, Clone, Debug)]
pub(crate) struct Sample {
    pub(crate) measure: Measure,
    pub(crate) client: Client,
    pub(crate) round: u32,
    /// Milliseconds each way.
    pub(crate) delay: u64,
    pub(crate) people: usize,
    /// Which share of the processors had something to do just before.
    pub(crate) busy: f64,
    pub(crate) values: Values,
    /// Why there are no values.
    pub(crate) failure: Option<String>,
}

/// One scene to come.
#[derive(Clone, Copy)]
struct Job {
    measure: Measure,
    client: Client,
    delay: u64,
    people: usize,
}

/// Runs everything that was asked for. After each round `keep` has all there is so far: a long run may be ended.
pub(crate) async fn run(
    rig: &Arc<Rig>,
    options: &Options,
    keep: impl Fn(&[Sample]) -> Result<()>,
) -> Result<Vec<Sample>> {
    let mut samples = Vec::new();
    for measure in options.measures() {
        let runs = options.runs_of(measure);
        for round in 0..runs {
            if round % ROUNDS_OF_A_BROWSER == 0 {
                rig.restart_browser().await;
                warm_up(rig).await;
            }
            for job in round_of(rig, options, measure) {
                samples.push(sample(rig, options, job, round).await);
            }
            println!("{measure:?}: round {} of {runs}", round + 1);
            keep(&samples)?;
        }
    }
    Ok(samples)
}

/// The first scene of a browser takes longer than all others, and counts for nothing.
async fn warm_up(rig: &Arc<Rig>) {
    let scene = Scene { client: Client::Plain, delay: 0, camera: Camera::Usual };
    let rig = rig.clone();
    let _ = tokio::spawn(async move { scenes::warm(&rig, scene, false).await }).await;
}

fn round_of(rig: &Rig, options: &Options, measure: Measure) -> Vec<Job> {
    let mut jobs = Vec::new();
    for &client in &rig.clients {
        for &delay in options.delays(measure) {
            jobs.extend(measure.people(client).iter().map(|&people| Job { measure, client, delay, people }));
        }
    }
    fastrand::shuffle(&mut jobs);
    jobs
}

async fn sample(rig: &Arc<Rig>, options: &Options, job: Job, round: u32) -> Sample {
    let busy = machine::busy(Duration::from_millis(150)).await;
    let full = !options.quick;
    let shared = rig.clone();
    // In a task of its own: the harness below panics where it cannot go on, and the next scene can.
    let task = tokio::spawn(async move { timeout(LIMIT, play(&shared, job, full)).await });
    let (values, failure) = match task.await {
        Ok(Ok(Ok(values))) => (values, None),
        Ok(Ok(Err(error))) => (Values::new(), Some(format!("{error:#}"))),
        Ok(Err(_)) => (Values::new(), Some("not finished in time".to_owned())),
        Err(panic) => (Values::new(), Some(panic.to_string())),
    };
    if let Some(why) = &failure {
        eprintln!("{:?} {:?} {} ms: {why}", job.measure, job.client, job.delay);
        // Its windows are still open.
        rig.restart_browser().await;
        warm_up(rig).await;
    }
    let Job { measure, client, delay, people } = job;
    Sample { measure, client, round, delay, people, busy, values, failure }
}

async fn play(rig: &Rig, job: Job, full: bool) -> Result<Values> {
    let scene = |camera| Scene { client: job.client, delay: job.delay, camera };
    match job.measure {
        Measure::Warm => scenes::warm(rig, scene(Camera::Usual), full).await,
        Measure::Large => scenes::warm(rig, scene(Camera::Large), full).await,
        Measure::Cold => scenes::cold(rig, scene(Camera::Usual)).await,
        Measure::Mesh => scenes::mesh(rig, scene(Camera::Small), job.people).await,
        Measure::Cpu => scenes::cpu(rig, scene(Camera::Usual), job.people).await,
        Measure::Hidden => scenes::hidden(rig, scene(Camera::Usual)).await,
        Measure::Leaks => scenes::leaks(rig, scene(Camera::Small)).await,
        Measure::Bytes => scenes::bytes(rig, scene(Camera::Usual)).await,
    }
}
