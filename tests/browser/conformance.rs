//! The simulator's fake connection answers the same scripts as this browser does.

use js_sys::{JsString, Promise};
use visavis_core::RIDS;
use visavis_core::signaling::{IceCandidate, SdpType, SessionDescription};
use visavis_sim::conformance::{
    HOST_CANDIDATE, SCRIPTS, Script, Step, TAKES_SIMULCAST, candidate, garbage, run_on_fakes, side_index,
    trace_line,
};
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use wasm_bindgen_test::wasm_bindgen_test;

#[wasm_bindgen(inline_js = "
export const connection = () => new RTCPeerConnection();
/* Does one thing; resolves with the name of the refusal, or with an empty text. */
export async function perform(pc, what, detail) {
    try {
        switch (what) {
            case 'transceivers': pc.addTransceiver('audio'); pc.addTransceiver('video'); break;
            case 'simulcast': pc.addTransceiver('video', { direction: 'sendonly', sendEncodings: JSON.parse(detail) }); break;
            case 'local': await pc.setLocalDescription(); break;
            case 'remote': await pc.setRemoteDescription(JSON.parse(detail)); break;
            case 'candidate': await pc.addIceCandidate(JSON.parse(detail)); break;
            case 'restart': pc.restartIce(); break;
            case 'close': pc.close(); break;
        }
        return '';
    } catch (error) {
        return error.name;
    }
}
export const state = pc => pc.signalingState;
export const transceivers = pc => pc.getTransceivers().length;
export const encodings = pc =>
    Math.max(0, ...pc.getTransceivers().map(it => it.sender.getParameters().encodings?.length ?? 0));
export const local = pc => pc.localDescription.type + ' ' + pc.localDescription.sdp;
")]
extern "C" {
    fn connection() -> JsValue;
    fn perform(pc: &JsValue, what: &str, detail: &str) -> Promise;
    fn state(pc: &JsValue) -> String;
    fn transceivers(pc: &JsValue) -> usize;
    fn encodings(pc: &JsValue) -> usize;
    fn local(pc: &JsValue) -> String;
}

struct Pair {
    sides: [JsValue; 2],
    last: [Option<SessionDescription>; 2],
}

impl Pair {
    async fn step(&mut self, step: Step) -> String {
        let at = side_index(step);
        let refusal = self.perform(at, step).await;
        let result = if refusal.is_empty() { Ok(()) } else { Err(refusal.as_str()) };
        let side = &self.sides[at];
        trace_line(step, result, &state(side), transceivers(side), encodings(side))
    }

    async fn perform(&mut self, at: usize, step: Step) -> String {
        let theirs = self.last[1 - at].clone();
        let ufrag = theirs.as_ref().and_then(|d| d.ufrags().next().map(str::to_owned)).unwrap_or_default();
        let (what, detail) = match step {
            Step::AddTransceivers(_) => ("transceivers", String::new()),
            Step::SetLocal(_) => ("local", String::new()),
            Step::SetRemote(_) => ("remote", theirs.as_ref().map(description).unwrap_or_default()),
            Step::AddSimulcastTransceiver(_) => ("simulcast", send_encodings()),
            Step::SetRemoteTakingSimulcast(_) => {
                let taking = theirs.map(|mut theirs| {
                    theirs.sdp.push_str(TAKES_SIMULCAST);
                    description(&theirs)
                });
                ("remote", taking.unwrap_or_default())
            }
            Step::SetRemoteProvisionally(_) => {
                ("remote", theirs.as_ref().map(provisional).unwrap_or_default())
            }
            Step::SetGarbage(_) => ("remote", description(&garbage())),
            Step::AddCandidate(_) => ("candidate", init(&candidate(HOST_CANDIDATE, &ufrag))),
            Step::AddUnknownUfragCandidate(_) => ("candidate", init(&candidate(HOST_CANDIDATE, "unknown"))),
            Step::AddGarbageCandidate(_) => ("candidate", init(&candidate("garbage", &ufrag))),
            Step::RestartIce(_) => ("restart", String::new()),
            Step::Close(_) => ("close", String::new()),
        };
        let refusal = JsFuture::from(perform(&self.sides[at], what, &detail)).await.unwrap();
        let refusal = String::from(refusal.unchecked_into::<JsString>());
        if what == "local" && refusal.is_empty() {
            self.last[at] = Some(read(&local(&self.sides[at])));
        }
        refusal
    }
}

fn read(text: &str) -> SessionDescription {
    let (kind, sdp) = text.split_once(' ').unwrap();
    let sdp_type = if kind == "offer" { SdpType::Offer } else { SdpType::Answer };
    SessionDescription { sdp_type, sdp: sdp.to_owned() }
}

fn description(description: &SessionDescription) -> String {
    let kind = match description.sdp_type {
        SdpType::Offer => "offer",
        SdpType::Answer => "answer",
    };
    format!(r#"{{"type":"{kind}","sdp":{}}}"#, text(&description.sdp))
}

fn provisional(answer: &SessionDescription) -> String {
    format!(r#"{{"type":"pranswer","sdp":{}}}"#, text(&answer.sdp))
}

fn send_encodings() -> String {
    format!("[{}]", RIDS.map(|rid| format!(r#"{{"rid":"{rid}"}}"#)).join(","))
}

fn init(candidate: &IceCandidate) -> String {
    let ufrag = candidate.username_fragment.as_deref().unwrap_or_default();
    let (line, ufrag) = (text(&candidate.candidate), text(ufrag));
    format!(r#"{{"candidate":{line},"sdpMid":"0","sdpMLineIndex":0,"usernameFragment":{ufrag}}}"#)
}

fn text(text: &str) -> String {
    String::from(js_sys::JSON::stringify(&JsValue::from_str(text)).unwrap())
}

async fn run_for_real(script: &Script) -> Vec<String> {
    let mut pair = Pair { sides: [connection(), connection()], last: [None, None] };
    let mut trace = Vec::new();
    for step in script.steps {
        trace.push(pair.step(*step).await);
    }
    for side in &pair.sides {
        JsFuture::from(perform(side, "close", "")).await.unwrap();
    }
    trace
}

/// Chromium takes a candidate of an unknown generation without effect, where the standard (and Firefox, and the fake)
/// refuses it (W3C webrtc-pc 4.4.1.9, step on `usernameFragment`). Nothing may rely on either.
fn is_kinder(fake: &str, real: &str) -> bool {
    fake.starts_with("AddUnknownUfragCandidate") && fake.replace("OperationError", "ok") == real
}

/// Firefox does not. Nothing is prepared with them there.
fn knows_no_provisional_answers(real: &str) -> bool {
    real.starts_with("SetRemoteProvisionally") && real.contains("NotSupportedError")
}

#[wasm_bindgen_test]
async fn the_fake_and_the_browser_answer_alike() {
    let mut differences = Vec::new();
    for script in SCRIPTS {
        let (fake, real) = (run_on_fakes(script), run_for_real(script).await);
        if real.iter().any(|line| knows_no_provisional_answers(line)) {
            continue;
        }
        for (fake, real) in
            fake.iter().zip(&real).filter(|(fake, real)| fake != real && !is_kinder(fake, real))
        {
            differences.push(format!("{}: the fake says {fake:?}, the browser {real:?}", script.name));
        }
    }
    assert!(differences.is_empty(), "{}", differences.join("\n"));
}
