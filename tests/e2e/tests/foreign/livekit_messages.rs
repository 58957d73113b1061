//! What pages of ours say to each other through LiveKit.

use visavis_e2e::call::{join, sees, sees_microphone};
use visavis_e2e::{LiveKitOptions, Page, Setup};

use crate::clients::{they_see_and_hear_count, wait_until_theirs};
use crate::interactions::{people_do_all_that_they_can, the_stage_follows};
use crate::livekit::LiveKitFixture;

/// Keeps what a page hears on its data channels.
pub(crate) const KEEP_MESSAGES: &str = "window.heard = [];
    {
        const listen = channel => channel.addEventListener('message', ({ data }) => {
            window.heard.push(channel.label + ' ' + new TextDecoder().decode(data));
        });
        const create = RTCPeerConnection.prototype.createDataChannel;
        RTCPeerConnection.prototype.createDataChannel = function (...a) {
            const channel = create.apply(this, a);
            listen(channel);
            return channel;
        };
        window.RTCPeerConnection = class extends RTCPeerConnection {
            constructor(...a) {
                super(...a);
                this.addEventListener('datachannel', ({ channel }) => listen(channel));
            }
        };
    }";

/// A page has heard this of somebody, in a packet of ours.
async fn hears(page: &Page, from: &str, what: &str) {
    let heard = format!(
        "return window.heard.some(text => ['_reliable ', 'visavis', '{from}', '{what}'].every(part => text.includes(part)))"
    );
    wait_until_theirs(page, &format!("to have heard {what} of {from}"), &heard).await;
}

#[tokio::test]
async fn people_write_react_record_and_choose_layouts_on_livekit() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let (quiet, speaking) =
        (fixture.browser(Setup::silent_chrome()).await, fixture.browser(Setup::speaking_chrome()).await);
    let ann = fixture.join(&quiet, "tea", "Ann").await;
    let ben = fixture.join(&speaking, "tea", "Ben").await;
    sees(&ann, &["Ben"]).await;
    sees(&ben, &["Ann"]).await;
    let token = format!("?access_token={}", fixture.token("tea", "Cem"));
    let cem = fixture.open(&quiet, "Cem", &token).await;
    people_do_all_that_they_can(&ann, &ben, &cem, "tea").await;
    the_stage_follows(&ann, "Cem", "Ben").await;
}

#[tokio::test]
async fn our_pages_hear_each_other_beside_others() {
    let Some(fixture) = LiveKitFixture::start(&LiveKitOptions::default()).await else { return };
    let chrome = fixture.browser(Setup::small_chrome()).await;
    let zoe = fixture.open_theirs(&chrome, "tea", "Zoe").await;
    let ann = fixture.join(&chrome, "tea", "Ann").await;
    // One connection for both directions, and one for each.
    let ben = fixture.join(&fixture.browser(Setup::small_firefox()).await, "tea", "Ben").await;
    // Whoever is connected later asks, and is answered.
    for message in [r#"{"type":"media","#, r#"{"type":"media-request"}"#] {
        hears(&ann, "Ben", message).await;
    }
    hears(&ben, "Ann", r#"{"type":"media","#).await;
    ann.press("microphone").await;
    hears(&ben, "Ann", r#""microphone":false"#).await;
    sees_microphone(&ben, "Ann", "off").await;
    ann.press("microphone").await;
    they_see_and_hear_count(&zoe, 2).await;
    // Whoever joins anew is heard anew.
    ann.press("leave").await;
    ann.wait_until("to be out", |snapshot| snapshot.state == "left").await;
    ben.eval("window.heard.length = 0", vec![]).await;
    ann.press("lobby").await;
    join(&ann, "tea").await;
    hears(&ben, "Ann", r#"{"type":"media","#).await;
}
