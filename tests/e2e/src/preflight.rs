//! The check of a connection before a call, as a person runs it.

use std::time::{Duration, Instant};

use serde::Deserialize;
use tokio::time::sleep;

use crate::page::Page;

/// What the list says.
const LINES: &str = r"
return [...document.querySelectorAll('[data-check]')].map((line) => ({
  item: line.dataset.check,
  state: line.dataset.checkState,
  text: line.innerText.replaceAll('\n', ' '),
}));
";

/// A line of the list.
#[derive(Debug, Deserialize)]
pub struct Line {
    /// `data-check`.
    pub item: String,
    /// `data-check-state`.
    pub state: String,
    /// What it says.
    pub text: String,
}

/// The list as it is now.
pub async fn read(page: &Page) -> Vec<Line> {
    serde_json::from_value(page.eval(LINES, vec![]).await).expect("a list of lines")
}

/// Presses the button, and waits for all of it.
pub async fn check(page: &Page) -> Vec<Line> {
    page.wait_until("the lobby", |snapshot| snapshot.control("check").is_some()).await;
    page.press("check").await;
    let begin = Instant::now();
    loop {
        let lines = read(page).await;
        if lines.len() > 3 && lines.iter().all(|line| !["waiting", "running"].contains(&line.state.as_str()))
        {
            return lines;
        }
        assert!(begin.elapsed() < Duration::from_secs(40), "{}: not over: {lines:#?}", page.name());
        sleep(Duration::from_millis(100)).await;
    }
}

/// How far each line is.
pub fn states(lines: &[Line]) -> Vec<&str> {
    lines.iter().map(|line| line.state.as_str()).collect()
}
