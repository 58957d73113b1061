//! Layouts for as many people as two cores can draw four times, and in another browser.

use visavis_e2e::Setup;

use crate::stage::{follows_whoever_speaks, go_through_layouts};

#[tokio::test]
async fn layouts_and_pins_of_four_people_move_tiles_and_nothing_else() {
    go_through_layouts(&["Ann", "Ben", "Cem", "Dan"]).await;
}

#[tokio::test]
async fn the_stage_of_a_firefox_follows_whoever_speaks() {
    follows_whoever_speaks(Setup::small_firefox()).await;
}
