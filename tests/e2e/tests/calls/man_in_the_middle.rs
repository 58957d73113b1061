//! A signaling server that lies: it puts a page of its own between two people, and wants them to read the same words.

use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tokio::time::sleep;
use visavis_e2e::browser::BrowserKind;
use visavis_e2e::call::join;
use visavis_e2e::relay::{Deliveries, Direction, Frame, pass_through};
use visavis_e2e::{Browser, Page, Relay, RelayedServer, Server, tools};

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
pub(crate) enum Attack {
    /// Its fingerprint stands beside that of the honest one, in a spelling that only some read.
    TwoFingerprints,
    /// It connects under its own name, and later offers again under that of the honest one.
    LaterOffer,
}

/// What the server has kept from people.
type WithheldFrames = Arc<Mutex<Vec<Frame>>>;

fn withhold(withheld: &WithheldFrames) -> impl FnMut(&Frame) -> Deliveries + Send + 'static {
    let withheld = withheld.clone();
    move |frame| {
        if frame.direction == Direction::ToPage
            && ["description", "candidate"].contains(&frame.kind().as_str())
        {
            withheld.lock().expect("not poisoned").push(frame.clone());
            return Vec::new();
        }
        pass_through(frame)
    }
}

fn epoch(frame: &Frame) -> u64 {
    let message: Value = serde_json::from_str(&frame.text).unwrap_or_default();
    message["generation"].as_u64().unwrap_or_default()
}

/// Two people, and who is between them.
struct ManInTheMiddle<'a> {
    relay: &'a Relay,
    withheld: &'a WithheldFrames,
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
fn forged(attack: Attack, sdp: &str, honest: &str) -> String {
    let own = format!("a=fingerprint:{}", fingerprint(sdp));
    let honest = format!("a=fingerprint:{}", fingerprint(honest));
    match attack {
        Attack::TwoFingerprints => {
            let strange = own.replace("a=fingerprint:", "a=Fingerprint:");
            sdp.replace(&own, &format!("{strange}\r\n{honest}"))
        }
        Attack::LaterOffer => sdp.replace(&own, &honest),
    }
}

impl ManInTheMiddle<'_> {
    async fn run_eve(&self, what: &str, whom: usize, sdp: &str) -> String {
        let script = format!("return await eve.{what}(...arguments[0]) ?? ''");
        let sdp = self.eve.eval(&script, vec![json!([NAMES[whom], sdp])]).await;
        sdp.as_str().expect("a description").to_owned()
    }

    /// Gives somebody a description in the name of the other.
    fn send(&self, whom: usize, sdp_type: &str, sdp: &str) {
        let message = json!({
            "type": "description",
            "from": self.people[1 - whom].0,
            "generation": 0,
            "description": { "type": sdp_type, "sdp": sdp },
        });
        self.relay.replay(&Frame {
            socket: self.people[whom].1,
            direction: Direction::ToPage,
            text: message.to_string(),
        });
    }

    /// The first that somebody said to the other of which this is true, if it was said yet.
    fn description_from(&self, who: usize, matches: impl Fn(&Frame) -> bool) -> Option<String> {
        let withheld = self.withheld.lock().expect("not poisoned");
        let theirs =
            |frame: &&Frame| frame.kind() == "description" && frame.field(&["from"]) == self.people[who].0;
        withheld
            .iter()
            .filter(theirs)
            .find(|frame| matches(frame))
            .map(|frame| frame.field(&["description", "sdp"]))
    }

    async fn wait_for_description(&self, who: usize, matches: impl Fn(&Frame) -> bool) -> String {
        let mut sdp = None;
        until("a description", async || {
            sdp = self.description_from(who, &matches);
            sdp.is_some()
        })
        .await;
        sdp.expect("it was awaited")
    }

    /// Connects to both in place of the other; gives their honest descriptions.
    async fn intercept(&self, attack: Option<Attack>) -> [String; 2] {
        let forge =
            |sdp: &str, honest: &str| attack.map_or(sdp.to_owned(), |attack| forged(attack, sdp, honest));
        let ben = self.wait_for_description(BEN, Frame::is_offer).await;
        self.send(ANN, "offer", &forge(&self.run_eve("offer", ANN, "").await, &ben));
        let ann = self.wait_for_description(ANN, |frame| !frame.is_offer()).await;
        self.run_eve("accept", ANN, &ann).await;
        self.send(BEN, "answer", &forge(&self.run_eve("answer", BEN, &ben).await, &ann));
        [ann, ben]
    }

    /// Whether she is connected to both. If not, one of the two has begun anew.
    async fn is_connected_to_both(&self) -> bool {
        let mut connected = false;
        until("the two to be connected, or to begin anew", async || {
            connected =
                self.eve.eval("return eve.states()", vec![]).await == json!(["connected", "connected"]);
            connected || self.was_rebuilt()
        })
        .await;
        connected
    }

    fn was_rebuilt(&self) -> bool {
        [ANN, BEN].into_iter().any(|who| self.description_from(who, |frame| epoch(frame) > 0).is_some())
    }

    async fn attack(&self, attack: Attack, pages: [&Page; 2]) {
        match attack {
            Attack::TwoFingerprints => {
                self.intercept(Some(attack)).await;
                self.is_connected_to_both().await;
            }
            Attack::LaterOffer => {
                let honest = self.intercept(None).await;
                assert!(self.is_connected_to_both().await, "she is, under her own name");
                let words = read(pages).await;
                assert!(words[0] != words[1], "{words:?}");
                for whom in [ANN, BEN] {
                    let sdp = self.run_eve("offerAgain", whom, "").await;
                    self.send(whom, "offer", &forged(attack, &sdp, &honest[1 - whom]));
                    until("the offer to be answered, or refused", async || {
                        let answers = |frame: &Frame| epoch(frame) == 0 && !frame.is_offer();
                        let before = usize::from(whom == ANN);
                        self.count(whom, answers) > before || self.count(whom, |frame| epoch(frame) > 0) > 0
                    })
                    .await;
                }
            }
        }
    }

    fn count(&self, who: usize, matches: impl Fn(&Frame) -> bool) -> usize {
        let withheld = self.withheld.lock().expect("not poisoned");
        let theirs =
            |frame: &&Frame| frame.kind() == "description" && frame.field(&["from"]) == self.people[who].0;
        withheld.iter().filter(theirs).filter(|frame| matches(frame)).count()
    }
}

async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let begin = Instant::now();
    while !condition().await {
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
fn participants(relay: &Relay, room: &str) -> Vec<(String, usize)> {
    let joined = relay.delivered().into_iter();
    let joined = joined.filter(|frame| frame.kind() == "joined" && frame.field(&["room"]) == room);
    joined.map(|frame| (frame.field(&["id"]), frame.socket)).collect()
}

/// Each of these browsers meets this attack; no two people read the same words.
pub(crate) async fn assert_attacks_detected(tries: &[(BrowserKind, Attack)]) {
    let withheld = WithheldFrames::default();
    // Whoever lies need not take offers before it is known whom they are for.
    let server = Server::with(tools::dist(), &["--deposit-lifetime", "0"]).await;
    let site = RelayedServer::start(server, withhold(&withheld)).await;
    let relay = &site.relay;
    for (kind, attack) in tries {
        let browser =
            if *kind == BrowserKind::Firefox { Browser::firefox().await } else { Browser::chrome().await };
        let eve = browser.open("Eve", &format!("{}servers.txt", site.url())).await;
        // As the server calls it.
        let room = format!("{kind:?} {attack:?}").to_lowercase();
        println!("{room}");
        let (ann, ben) = (browser.open("Ann", &site.url()).await, browser.open("Ben", &site.url()).await);
        join(&ann, &room).await;
        join(&ben, &room).await;
        let people = participants(relay, &room).try_into().expect("two people");
        eve.eval(EVE, vec![]).await;
        let mitm = ManInTheMiddle { relay, withheld: &withheld, eve: &eve, people };
        mitm.attack(*attack, [&ann, &ben]).await;
        let words = read([&ann, &ben]).await;
        println!("{room}: {words:?}");
        assert!(words[0].is_none() || words[0] != words[1], "{room}: {words:?}");
    }
}

/// In the browser in which either was seen to succeed where nothing is done against it.
#[tokio::test]
async fn nobody_in_the_middle_gets_both_to_read_the_same_words() {
    assert_attacks_detected(&[
        (BrowserKind::Firefox, Attack::TwoFingerprints),
        (BrowserKind::Firefox, Attack::LaterOffer),
    ])
    .await;
}
