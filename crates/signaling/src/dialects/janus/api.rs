//! Requests of the Janus API ("The Janus API" of its documentation), and what their answers are answers to.

use super::access::Access;
use crate::json::{Fields, Json};
use crate::signal::{SdpType, SessionDescription};

/// The plugin whose rooms these are.
const PLUGIN: &str = "janus.plugin.videoroom";
/// Most requests that wait for an answer; of more the oldest are forgotten.
const MAX_REQUESTS: usize = 64;
/// Longest id of a session or handle, in digits: they are below 2^64.
const MAX_DIGITS: usize = 20;

/// The id of a session or of a handle: a number, as the server wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct ApiId(Json);

impl ApiId {
    /// Takes one from a message.
    pub(super) fn read(value: &Json) -> Option<Self> {
        let Json::Number(digits) = value else { return None };
        let is_id = digits.len() <= MAX_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit());
        is_id.then(|| Self(value.clone()))
    }
}

/// A request that waits for its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Request {
    /// What the server is like.
    Info,
    /// A session.
    CreateSession,
    /// To go on with the session of a lost socket.
    ClaimSession,
    /// A handle on which we join and publish.
    AttachPublisher,
    /// A handle on which everybody else is received.
    AttachSubscriber,
    /// To be in the room.
    Join,
    /// A room that was not there.
    CreateRoom,
    /// Who is in the room.
    ListParticipants,
    /// An offer of ours, on the connection of this epoch.
    Offer(u32),
    /// The end of our connection, so that another can take its place.
    HangUp,
    /// To receive others, for the first time on this handle.
    Subscribe,
    /// To receive others than before.
    UpdateSubscription,
    /// Other layers of what is received.
    ConfigureSubscription,
    /// An offer of the server with new ICE credentials.
    RestartIce,
}

/// The open requests of one socket, and what every request says of us.
#[derive(Debug)]
pub(super) struct Api {
    access: Access,
    /// The session, once there is one. It may outlive the socket.
    pub(super) session: Option<ApiId>,
    /// Numbers the transactions.
    sent: u32,
    waiting: Vec<(String, Request)>,
}

impl Api {
    pub(super) fn new(access: Access) -> Self {
        Self { access, session: None, sent: 0, waiting: Vec::new() }
    }

    /// The PIN of rooms.
    pub(super) fn pin(&self) -> Option<&str> {
        self.access.pin.as_deref()
    }

    /// The token, which rooms may ask for, too.
    pub(super) fn token(&self) -> Option<&str> {
        self.access.token.as_deref()
    }

    /// The answers of another socket are not waited for.
    pub(super) fn forget_requests(&mut self) {
        self.waiting.clear();
    }

    /// Whether this request waits for an answer.
    pub(super) fn awaits(&self, wanted: impl Fn(Request) -> bool) -> bool {
        self.waiting.iter().any(|(_, request)| wanted(*request))
    }

    /// What an answer is an answer to.
    pub(super) fn answered(&mut self, transaction: &str) -> Option<Request> {
        let at = self.waiting.iter().position(|(known, _)| known == transaction)?;
        Some(self.waiting.remove(at).1)
    }

    /// A request about the server or the session. `None` for one whose answer changes nothing.
    pub(super) fn request(&mut self, kind: &str, request: Option<Request>) -> Fields {
        self.sent = self.sent.wrapping_add(1);
        let transaction = self.sent.to_string();
        let mut fields = Fields::of_texts(&[("janus", kind), ("transaction", &transaction)]);
        self.access.sign(&mut fields);
        // What is asked of the server itself is refused on a session.
        let session = self.session.as_ref().filter(|_| !matches!(kind, "info" | "ping" | "create"));
        if let Some(ApiId(session)) = session {
            fields.put("session_id", session.clone());
        }
        if let Some(request) = request {
            if self.waiting.len() >= MAX_REQUESTS {
                self.waiting.remove(0);
            }
            self.waiting.push((transaction, request));
        }
        fields
    }

    /// A request for a handle of the plugin.
    pub(super) fn attach(&mut self, request: Request) -> String {
        let mut fields = self.request("attach", Some(request));
        fields.text("plugin", PLUGIN);
        fields.encode()
    }

    /// A request about a handle.
    pub(super) fn about(&mut self, handle: &ApiId, kind: &str, request: Option<Request>) -> Fields {
        let mut fields = self.request(kind, request);
        fields.put("handle_id", handle.0.clone());
        fields
    }

    /// A message to the plugin.
    pub(super) fn message(
        &mut self,
        handle: &ApiId,
        body: Fields,
        jsep: Option<&SessionDescription>,
        request: Option<Request>,
    ) -> String {
        let mut fields = self.about(handle, "message", request);
        fields.put("body", body);
        if let Some(description) = jsep {
            let mut jsep = Fields::from(description);
            if description.sdp_type == SdpType::Offer {
                // Its first `rid` is the smallest layer, and substream 0; else it would be the largest.
                jsep.text("rid_order", "lmh");
            }
            fields.put("jsep", jsep);
        }
        fields.encode()
    }
}

/// The body of a message to the plugin.
pub(super) fn body(request: &str) -> Fields {
    Fields::of_texts(&[("request", request)])
}
