//! The details of a connection: figures that real browsers give, and what is copied of them.

use std::time::{Duration, Instant};

use serde_json::Value;
use tokio::time::sleep;
use visavis_e2e::call::{all_see_and_hear, join};
use visavis_e2e::{Browser, Page, Server};

/// The rows under each heading, as an object of objects.
const SECTIONS: &str = r"
const text = (element, selector) => element.querySelector(selector)?.textContent;
const rows = section => [...section.querySelectorAll('dl div')].map(row => [text(row, 'dt'), text(row, 'dd span')]);
const sections = [...document.querySelectorAll('dialog.details section')];
return Object.fromEntries(sections.map(section => [text(section, 'h3'), Object.fromEntries(rows(section))]));
";

/// Presses the button that copies; gives the text, and what is said of it.
const COPY: &str = r"
const copied = new Promise(copied => { navigator.clipboard.writeText = async text => copied(text); });
const dialog = document.querySelector('dialog.details');
dialog.querySelector('[data-copy]').click();
const text = await copied;
while (!dialog.querySelector('[role=status]').textContent) await new Promise(done => setTimeout(done, 50));
return [text, dialog.querySelector('[role=status]').textContent];
";

/// What is wider than the page, or than the dialog.
const OVERFLOW: &str = r"
const dialog = document.querySelector('dialog.details');
const { left, right } = dialog.getBoundingClientRect();
return left >= 0 && right <= innerWidth && dialog.scrollWidth <= dialog.clientWidth;
";

async fn sections_when(page: &Page, what: &str, condition: impl Fn(&Value) -> bool) -> Value {
    let begin = Instant::now();
    loop {
        let sections = page.eval(SECTIONS, vec![]).await;
        if condition(&sections) {
            return sections;
        }
        if begin.elapsed() > Duration::from_secs(30) {
            eprintln!("{what}: {sections:#}");
            page.fail(what, &page.snapshot().await).await;
        }
        sleep(Duration::from_millis(200)).await;
    }
}

/// A number that a value begins with.
fn number(value: &Value) -> Option<f64> {
    value.as_str()?.split(' ').next()?.parse().ok()
}

fn is_positive(value: &Value) -> bool {
    number(value).is_some_and(|number| number > 0.0)
}

/// Whether what every browser counts is there.
fn are_complete(sections: &Value) -> bool {
    let ways = ["Microphone, received", "Microphone, sent", "Camera, received", "Camera, sent"];
    ways.iter().all(|way| is_positive(&sections[way]["Bitrate"]))
        && is_positive(&sections["Camera, received"]["Frame rate"])
        && number(&sections["Camera, received"]["Loss"]).is_some()
        && number(&sections["Connection"]["Round trip"]).is_some()
}

/// As the picture of the other is seen.
async fn width(page: &Page) -> String {
    let snapshot = page.snapshot().await;
    let video = snapshot.others().find_map(|tile| tile.video.as_ref()).expect("a picture");
    format!("{} ×", video.width)
}

async fn looks_at_the_details(page: &Page) {
    page.press("details").await;
    let sections = sections_when(page, "figures of both ways", are_complete).await;
    println!("{}: {sections:#}", page.name());
    let connection = &sections["Connection"];
    assert_eq!((connection["Path"].as_str(), connection["Protocol"].as_str()), (Some("direct"), Some("UDP")));
    for way in ["received", "sent"] {
        assert_ne!(sections[format!("Camera, {way}")]["Codec"], "not known");
    }
    let width = width(page).await;
    sections_when(page, "the size of the picture that is seen", |sections| {
        sections["Camera, received"]["Frame size"].as_str().is_some_and(|size| size.starts_with(&width))
    })
    .await;
    let copied = page.eval(COPY, vec![]).await;
    let [text, said] = [&copied[0], &copied[1]].map(|text| text.as_str().unwrap_or_default());
    assert_eq!(said, "Copied");
    assert!(text.contains("Camera, received\n  Codec: "), "{text}");
    for private in ["secret-tea", "Ann", "Ben", "127.0.0.1", "192.168", ".local", "http"] {
        assert!(!text.contains(private), "{private} is in {text}");
    }
    assert_eq!(page.eval(OVERFLOW, vec![]).await, true, "it fits the page");
}

/// Escape closes it, its button has the focus again, and nothing is read any more.
async fn closes(page: &Page) {
    page.type_keys("\u{E00C}").await;
    let closed = "while (document.querySelector('dialog') || document.activeElement.dataset.control !== 'details') \
                  await new Promise(done => setTimeout(done, 50));";
    page.eval(closed, vec![]).await;
}

#[tokio::test]
async fn the_details_of_a_connection_are_shown_and_copied() {
    let server = Server::start().await;
    let ann = Browser::chrome().await.open("Ann", &server.url()).await;
    let ben = Browser::firefox().await.open("Ben", &server.url()).await;
    for page in [&ann, &ben] {
        join(page, "secret-tea").await;
    }
    all_see_and_hear(&[&ann, &ben]).await;
    for page in [&ann, &ben] {
        looks_at_the_details(page).await;
    }
    closes(&ben).await;
    ann.resize(360, 740).await;
    assert_eq!(ann.eval(OVERFLOW, vec![]).await, true, "it fits a phone");
    if let Ok(folder) = std::env::var("VISAVIS_SCREENSHOTS") {
        ann.screenshot(&format!("{folder}/details-phone.png")).await;
        ann.resize(1280, 800).await;
        ann.screenshot(&format!("{folder}/details.png")).await;
    }
    // Whoever leaves leaves nothing behind that is known.
    ben.press("leave").await;
    sections_when(&ann, "nothing to be known of who has left", |sections| {
        sections["Connection"]["Path"] == "not known"
            && sections["Camera, received"]["Bitrate"] == "not known"
    })
    .await;
}
