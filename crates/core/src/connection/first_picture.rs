//! The first picture: small, so that it is there soon.
//!
//! A first frame of 1280x720 takes a browser five times as long to encode as one of 640x360, and longer still to send: nothing
//! is known of the path, and so the frame leaves at the pace of a slow one. Half the width and height is seen in about 0.6 of
//! the time. It is sharp as soon as that is over.

use visavis_signaling::{Source, Timestamp};

use super::Connection;
use crate::input::PeerConnectionState;
use crate::outbox::Outbox;
use crate::output::ConnectionEffect;
use crate::timing::FIRST_PICTURE_DURATION;

/// `scaleResolutionDownBy` of the first picture.
const FIRST_SCALE: u8 = 2;

/// How large our camera's picture is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum FirstPicture {
    /// As large as it is.
    #[default]
    Full,
    /// Small, and nobody is there to see it yet.
    Small,
    /// Small until then.
    SmallUntil(Timestamp),
}

/// What makes the first picture of a connection small.
pub(crate) const SMALL_FIRST_PICTURE: ConnectionEffect =
    ConnectionEffect::ScaleResolutionDown(Source::Camera, FIRST_SCALE);

impl Connection {
    /// The shell has been asked for a small first picture.
    pub(super) fn first_picture_is_small(&mut self) {
        self.first_picture = FirstPicture::Small;
    }

    /// Once it is connected, the time of the small picture is limited.
    pub(super) fn note_first_picture(&mut self, now: Timestamp, state: PeerConnectionState) {
        if state == PeerConnectionState::Connected && self.first_picture == FirstPicture::Small {
            self.first_picture = FirstPicture::SmallUntil(now + FIRST_PICTURE_DURATION);
        }
    }

    /// When the picture is to become larger.
    pub(crate) fn full_picture_due_at(&self) -> Option<Timestamp> {
        match self.first_picture {
            FirstPicture::SmallUntil(due) => Some(due),
            FirstPicture::Full | FirstPicture::Small => None,
        }
    }

    /// Makes the picture larger, if it is time.
    pub(crate) fn show_full_picture(&mut self, now: Timestamp, out: &mut Outbox) {
        if self.full_picture_due_at().is_some_and(|due| due <= now) {
            self.first_picture = FirstPicture::Full;
            self.effect(ConnectionEffect::ScaleResolutionDown(Source::Camera, 1), out);
        }
    }
}
