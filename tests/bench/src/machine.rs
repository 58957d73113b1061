//! What is measured on.

use std::time::Duration;

use tokio::time::sleep;

/// The machine, in a sentence.
pub(crate) fn describe(browser: &str) -> String {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let model = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = model.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = model.map_or(String::new(), |(_, name)| format!(" ({})", name.trim()));
    format!("{cores} cores{model}, {}, {browser}", std::env::consts::OS)
}

/// Which share of the processors has something to do, from now on for this long. Zero where there is no `/proc`.
pub(crate) async fn busy(span: Duration) -> f64 {
    let before = jiffies();
    sleep(span).await;
    let (before, after) = before.zip(jiffies()).unwrap_or_default();
    let all = after.0.saturating_sub(before.0);
    let idle = after.1.saturating_sub(before.1);
    if all == 0 { 0.0 } else { 1.0 - idle as f64 / all as f64 }
}

/// The time of all processors so far, and how much of it they were idle: the first line of `/proc/stat`, whose fourth and
/// fifth numbers are idleness, with and without a disk to wait for.
fn jiffies() -> Option<(u64, u64)> {
    let stat = std::fs::read_to_string("/proc/stat").ok()?;
    let fields: Vec<u64> =
        stat.lines().next()?.split_whitespace().skip(1).filter_map(|n| n.parse().ok()).collect();
    Some((fields.iter().take(8).sum(), fields.get(3)? + fields.get(4)?))
}
