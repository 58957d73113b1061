//! Many people.

use std::time::Instant;

use visavis_e2e::call::{all_see_and_hear, sees};
use visavis_e2e::{Browser, Server, Setup};

use crate::rooms::{LEAVE, join_all};

#[tokio::test]
async fn six_people_see_and_hear_one_another() {
    let server = Server::start().await;
    let browser = Browser::start(Setup::small_chrome()).await;
    let names = ["Ann", "Ben", "Cem", "Dot", "Eli", "Fay"];
    let mut pages = join_all(&browser, &server.url(), &names).await;
    all_see_and_hear(&pages.iter().collect::<Vec<_>>()).await;

    let fay = pages.pop().expect("six pages");
    fay.press("leave").await;
    let since = Instant::now();
    for page in &pages {
        let left = LEAVE.saturating_sub(since.elapsed());
        page.within(left, "Fay's tile to go", |snapshot| snapshot.tile("Fay").is_none()).await;
    }
    sees(&pages[0], &names[1..5]).await;
}
