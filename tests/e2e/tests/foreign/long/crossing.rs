//! However slow the server is and whoever comes how much later.

use crate::clients::their_site;
use crate::crossing::{KINDS, run_crossing};
use crate::scenes::SceneRunner;

const DELAYS: [i64; 3] = [0, 5, 150];
const OFFSETS: [i64; 3] = [0, 20, 700];
const MIXED_OFFSETS: [i64; 5] = [-700, -20, 0, 20, 700];

#[tokio::test]
async fn offers_that_cross_at_any_time_come_to_a_call() {
    let (mut scenes, pages) = (SceneRunner::new().await, their_site().await);
    for kind in KINDS {
        for delay in DELAYS {
            run_crossing(&mut scenes, &pages, kind, delay, &OFFSETS, &MIXED_OFFSETS).await;
        }
    }
    scenes.finish();
}
