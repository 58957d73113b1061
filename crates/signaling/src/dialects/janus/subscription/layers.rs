//! Which layer of each video is received: the one that fits the size in which it is shown, or none.
//!
//! The plugin does not say how large the layers of somebody are, so they are taken for those of a camera of 1280x720. Of
//! a video without layers it ignores the number, and of one whose layer is not sent it forwards the next lower one.

use super::{Context, Subscription};
use crate::dialect::DialectOutput;
use crate::dialects::janus::api::{ApiId, Request, body};
use crate::dialects::janus::people::People;
use crate::json::{Fields, Json};
use crate::track_settings::{TrackSettings, VideoSize};

/// What is received of a video: a layer, counted from the smallest (`substream`), or nothing (`send`).
pub(super) type Layer = Option<u32>;

/// The largest, which is what is received unasked.
const WHOLE: u32 = 2;
/// Up to which size a layer is large enough, from the smallest up: an eighth more than it has itself.
const LARGE_ENOUGH: [VideoSize; 2] =
    [VideoSize { width: 360, height: 202 }, VideoSize { width: 720, height: 405 }];

/// The layer for a video that is shown like this.
fn layer_for(settings: Option<TrackSettings>) -> Layer {
    match settings {
        Some(TrackSettings::Disabled) => None,
        Some(TrackSettings::Enabled(shown)) => {
            let fits = |size: &VideoSize| shown.width <= size.width && shown.height <= size.height;
            let layer = (0..).zip(LARGE_ENOUGH).find(|(_, size)| fits(size));
            Some(layer.map_or(WHOLE, |(layer, _)| layer))
        }
        None => Some(WHOLE),
    }
}

impl Subscription {
    /// Asks for other layers, where they are not what was asked for last.
    pub(super) fn configure(&mut self, handle: &ApiId, people: &People, cx: &mut Context<'_>) {
        let mut streams = Vec::new();
        for carried in &mut self.carried {
            let (publisher, Some(feed_mid)) = &carried.of else { continue };
            let settings = people.settings_of(publisher, feed_mid);
            let layer = layer_for(settings);
            if carried.layer == Some(layer) || (carried.layer.is_none() && settings.is_none()) {
                continue;
            }
            carried.layer = Some(layer);
            let mut stream = Fields::of_texts(&[("mid", &carried.mid)]);
            stream.bool("send", layer.is_some());
            if let Some(substream) = layer {
                stream.number("substream", substream);
            }
            streams.push(stream.into());
        }
        if streams.is_empty() {
            return;
        }
        let mut body = body("configure");
        body.put("streams", Json::List(streams));
        self.expect_reply(cx.now);
        let frame = cx.api.message(handle, body, None, Some(Request::ConfigureSubscription));
        cx.out.push(DialectOutput::Frame(frame));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(width: u16, height: u16) -> Layer {
        layer_for(Some(TrackSettings::Enabled(VideoSize { width, height })))
    }

    #[test]
    fn a_layer_is_large_enough_for_what_it_fills() {
        assert_eq!([layer(160, 96), layer(320, 192), layer(368, 192)], [Some(0), Some(0), Some(1)]);
        assert_eq!([layer(192, 320), layer(640, 368), layer(1280, 720)], [Some(1), Some(1), Some(2)]);
        assert_eq!([layer_for(None), layer_for(Some(TrackSettings::Disabled))], [Some(2), None]);
    }
}
