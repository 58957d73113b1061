//! What is to be known of a description: whose it is, and which candidates belong to it.

use crate::signal::SessionDescription;

/// What is to be known of a description.
#[derive(Debug, Default)]
pub(super) struct DescriptionInfo {
    pub(super) session: String,
    ufrags: Vec<String>,
}

impl DescriptionInfo {
    pub(super) fn new(description: &SessionDescription) -> Self {
        let ufrags = description.ufrags().map(str::to_owned).collect();
        Self { session: session(&description.sdp), ufrags }
    }

    pub(super) fn has(&self, ufrag: &str) -> bool {
        self.ufrags.iter().any(|known| known == ufrag)
    }

    fn into_session(self) -> Option<String> {
        (!self.session.is_empty()).then_some(self.session)
    }
}

/// Whose description of theirs is in force.
#[derive(Debug, Default)]
pub(super) struct RemoteSession {
    /// The one of this connection.
    pub(super) current: Option<DescriptionInfo>,
    /// The session of the connection before, which this one has replaced.
    pub(super) outdated: Option<String>,
}

impl RemoteSession {
    /// Another connection begins.
    pub(super) fn replace(&mut self) {
        self.outdated = self.current.take().and_then(DescriptionInfo::into_session);
    }

    /// They have described themselves. A client that has only one connection answers our new one with it.
    pub(super) fn accept(&mut self, description: &SessionDescription) {
        let info = DescriptionInfo::new(description);
        self.outdated.take_if(|outdated| *outdated == info.session);
        self.current = Some(info);
    }
}

/// Which peer connection a description comes from: the numbers of its `o=` line, without the version that every new
/// description of the same connection counts up (RFC 8866 section 5.2).
pub(crate) fn session(sdp: &str) -> String {
    let origin = sdp.lines().find_map(|line| line.strip_prefix("o=")).unwrap_or_default();
    origin.split(' ').nth(1).unwrap_or_default().to_owned()
}
