//! A full stage.

use crate::layout::stage_fits;

#[tokio::test]
async fn the_stage_fits_six_people_on_every_screen() {
    stage_fits(&["Ann", "Ben", "Cem", "Dot", "Eli", "Fay"], &[6]).await;
}
