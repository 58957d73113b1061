//! A signaling server that lies: it puts a page of its own between two people, and wants them to read the same words.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use visavis_e2e::browser::Kind;
use visavis_e2e::call::join;
use visavis_e2e::relay::{Deliveries, Frame, Way, honest};
use visavis_e2e::{Browser, Bundle, Page, Relay, Server};

const EVE: &str = include_str!("eve.js");

/// The words of the only other tile, if there are any.
const WORDS: &str = r"
const words = document.querySelector('[data-connection] .words');
const read = () => words.textContent.split(' ').length === 8 ? words.textContent : null;
const hidden = () => words.closest('details').hidden;
for (let i = 0; i < 200 && !hidden() && !read(); i++) {
  if (!words.textContent) words.closest('details').querySelector('summary').click();
  await new Promise(done => setTimeout(done, 100));
}
return hidden() ? null : read();
";

/// What the server does to come between without being noticed.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Lie {
    /// Its fingerprint stands beside that of the honest one, in a spelling that only some read.
    TwoFingerprints,
    /// It connects under its own name, and later offers again under that of the honest one.
    LaterOffer,
}

/// What the server has kept from people.
type Withheld = Arc<Mutex<Vec<Frame>>>;

fn keeping(withheld: &Withheld) -> impl FnMut(&Frame) -> Deliveries + Send + 'static {
    let withheld = withheld.clone();
    move |frame| {
        if frame.way == Way::Down && ["description", "candidate"].contains(&frame.kind().as_str()) {
            withheld.lock().expect("not poisoned").push(frame.clone());
            return Vec::new();
        }
        honest(frame)
    }
}

fn generation(frame: &Frame) -> u64 {
    let message: Value = serde_json::from_str(&frame.text).unwrap_or_default();
    message["generation"].as_u64().unwrap_or_default()
}

/// Two people, and who is between them.
struct Middle<'a> {
    relay: &'a Relay,
    withheld: &'a Withheld,
    eve: &'a Page,
    /// Ann, who was there first, and Ben, who offers to her: id and socket of each.
    people: [(String, usize); 2],
}

const ANN: usize = 0;
const BEN: usize = 1;
const NAMES: [&str; 2] = ["ann", "ben"];

/// The lines that name certificates.
fn fingerprint(sdp: &str) -> &str {
    let line = sdp.lines().find(|line| line.starts_with("a=fingerprint:")).expect("browsers write one");
    line.trim_start_matches("a=fingerprint:")
}

/// A description of Eve that names somebody else.
fn forged(lie: Lie, sdp: &str, honest: &str) -> String {
    let own = format!("a=fingerprint:{}", fingerprint(sdp));
    let honest = format!("a=fingerprint:{}", fingerprint(honest));
    match lie {
        Lie::TwoFingerprints => {
            let strange = own.replace("a=fingerprint:", "a=Fingerprint:");
            sdp.replace(&own, &format!("{strange}\r\n{honest}"))
        }
        Lie::LaterOffer => sdp.replace(&own, &honest),
    }
}

impl Middle<'_> {
    async fn ask(&self, what: &str, whom: usize, sdp: &str) -> String {
        let script = format!("return await eve.{what}(...arguments[0]) ?? ''");
        let sdp = self.eve.eval(&script, vec![json!([NAMES[whom], sdp])]).await;
        sdp.as_str().expect("a description").to_owned()
    }

    /// Gives somebody a description in the name of the other.
    fn tell(&self, whom: usize, sdp_type: &str, sdp: &str) {
        let message = json!({
            "type": "description",
            "from": self.people[1 - whom].0,
            "generation": 0,
            "description": { "type": sdp_type, "sdp": sdp },
        });
        self.relay.replay(&Frame { socket: self.people[whom].1, way: Way::Down, text: message.to_string() });
    }

    /// The first that somebody said to the other of which this is true, if it was said yet.
    fn said(&self, who: usize, so: impl Fn(&Frame) -> bool) -> Option<String> {
        let withheld = self.withheld.lock().expect("not poisoned");
        let theirs =
            |frame: &&Frame| frame.kind() == "description" && frame.field(&["from"]) == self.people[who].0;
        withheld
            .iter()
            .filter(theirs)
            .find(|frame| so(frame))
            .map(|frame| frame.field(&["description", "sdp"]))
    }

    async fn hears(&self, who: usize, so: impl Fn(&Frame) -> bool) -> String {
        let mut sdp = None;
        until("a description", async || {
            sdp = self.said(who, &so);
            sdp.is_some()
        })
        .await;
        sdp.expect("it was awaited")
    }

    /// Comes between the two; gives their honest descriptions.
    async fn come_between(&self, lie: Option<Lie>) -> [String; 2] {
        let forge = |sdp: &str, honest: &str| lie.map_or(sdp.to_owned(), |lie| forged(lie, sdp, honest));
        let ben = self.hears(BEN, Frame::is_offer).await;
        self.tell(ANN, "offer", &forge(&self.ask("offer", ANN, "").await, &ben));
        let ann = self.hears(ANN, |frame| !frame.is_offer()).await;
        self.ask("accept", ANN, &ann).await;
        self.tell(BEN, "answer", &forge(&self.ask("answer", BEN, &ben).await, &ann));
        [ann, ben]
    }

    /// Whether she is connected to both. If not, one of the two has begun anew.
    async fn is_between(&self) -> bool {
        let mut connected = false;
        until("the two to be connected, or to begin anew", async || {
            connected =
                self.eve.eval("return eve.states()", vec![]).await == json!(["connected", "connected"]);
            connected || self.began_anew()
        })
        .await;
        connected
    }

    fn began_anew(&self) -> bool {
        [ANN, BEN].into_iter().any(|who| self.said(who, |frame| generation(frame) > 0).is_some())
    }

    async fn attack(&self, lie: Lie, pages: [&Page; 2]) {
        match lie {
            Lie::TwoFingerprints => {
                self.come_between(Some(lie)).await;
                self.is_between().await;
            }
            Lie::LaterOffer => {
                let honest = self.come_between(None).await;
                assert!(self.is_between().await, "she is, under her own name");
                let words = read(pages).await;
                assert!(words[0] != words[1], "{words:?}");
                for whom in [ANN, BEN] {
                    let sdp = self.ask("offerAgain", whom, "").await;
                    self.tell(whom, "offer", &forged(lie, &sdp, &honest[1 - whom]));
                    until("the offer to be answered, or refused", async || {
                        let answers = |frame: &Frame| generation(frame) == 0 && !frame.is_offer();
                        let before = usize::from(whom == ANN);
                        self.count(whom, answers) > before
                            || self.count(whom, |frame| generation(frame) > 0) > 0
                    })
                    .await;
                }
            }
        }
    }

    fn count(&self, who: usize, so: impl Fn(&Frame) -> bool) -> usize {
        let withheld = self.withheld.lock().expect("not poisoned");
        let theirs =
            |frame: &&Frame| frame.kind() == "description" && frame.field(&["from"]) == self.people[who].0;
        withheld.iter().filter(theirs).filter(|frame| so(frame)).count()
    }
}

async fn until(what: &str, mut so: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !so().await {
        assert!(begin.elapsed() < Duration::from_secs(60), "not seen: {what}");
        sleep(Duration::from_millis(100)).await;
    }
}

async fn read(pages: [&Page; 2]) -> [Option<String>; 2] {
    let mut words = [None, None];
    for (words, page) in words.iter_mut().zip(pages) {
        *words = page.eval(WORDS, vec![]).await.as_str().map(str::to_owned);
    }
    words
}

/// Whom the server calls what, and on which socket they are.
fn whereabouts(relay: &Relay, room: &str) -> Vec<(String, usize)> {
    let joined = relay.delivered().into_iter();
    let joined = joined.filter(|frame| frame.kind() == "joined" && frame.field(&["room"]) == room);
    joined.map(|frame| (frame.field(&["id"]), frame.socket)).collect()
}

/// Each of these browsers meets this lie; nobody reads the same words.
pub(crate) async fn nobody_is_fooled(tries: &[(Kind, Lie)]) {
    let server = Server::start().await;
    let withheld = Withheld::default();
    let relay = Relay::start(server.port(), keeping(&withheld)).await;
    let bundle = Bundle::talking_to(&relay.url());
    let site = Server::serving(&bundle).await;
    for (kind, lie) in tries {
        let browser = if *kind == Kind::Firefox { Browser::firefox().await } else { Browser::chrome().await };
        let eve = browser.open("Eve", &format!("{}servers.txt", site.url())).await;
        // As the server calls it.
        let room = format!("{kind:?} {lie:?}").to_lowercase();
        println!("{room}");
        let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
        join(&ann, &room).await;
        join(&ben, &room).await;
        let people = whereabouts(&relay, &room).try_into().expect("two people");
        eve.eval(EVE, vec![]).await;
        let middle = Middle { relay: &relay, withheld: &withheld, eve: &eve, people };
        middle.attack(*lie, [&ann, &ben]).await;
        let words = read([&ann, &ben]).await;
        println!("{room}: {words:?}");
        assert!(words[0].is_none() || words[0] != words[1], "{room}: {words:?}");
    }
}

#[tokio::test]
async fn nobody_in_the_middle_gets_both_to_read_the_same_words() {
    nobody_is_fooled(&[(Kind::Firefox, Lie::TwoFingerprints), (Kind::Chrome, Lie::LaterOffer)]).await;
}
