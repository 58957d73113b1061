//! How a source is encoded for one connection.

/// `rid` of each layer of simulcast, from the smallest up: LiveKit knows them by these names, and Janus by their order.
pub const RIDS: [&str; 3] = ["q", "h", "f"];

/// `RTCRtpEncodingParameters` (W3C webrtc-pc 5.2.8), as far as a room decides about them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EncodingParameters {
    /// `active`: whether anything is sent.
    pub active: bool,
    /// `scaleResolutionDownBy`.
    pub scale_resolution_down_by: ResolutionScale,
    /// `maxBitrate`, in bits per second.
    pub max_bitrate: Option<u32>,
    /// `maxFramerate`, in frames per second (W3C webrtc-extensions 5.1).
    pub max_framerate: Option<u32>,
}

/// Those of a sender that nobody has changed.
impl Default for EncodingParameters {
    fn default() -> Self {
        Self {
            active: true,
            scale_resolution_down_by: ResolutionScale::ONE,
            max_bitrate: None,
            max_framerate: None,
        }
    }
}

/// How a source is encoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encodings {
    /// Once.
    Single(EncodingParameters),
    /// In layers (simulcast), one for each of [`RIDS`].
    Layers([EncodingParameters; RIDS.len()]),
}

impl Encodings {
    /// The same with the only one, or with each layer from the smallest up.
    pub(crate) fn map(self, mut change: impl FnMut(EncodingParameters) -> EncodingParameters) -> Self {
        match self {
            Self::Single(parameters) => Self::Single(change(parameters)),
            Self::Layers(layers) => Self::Layers(layers.map(change)),
        }
    }

    /// The only one, or all layers.
    pub fn as_slice(&self) -> &[EncodingParameters] {
        match self {
            Self::Single(parameters) => std::slice::from_ref(parameters),
            Self::Layers(layers) => layers,
        }
    }
}

/// Those of a sender that nobody has changed.
impl Default for Encodings {
    fn default() -> Self {
        Self::Single(EncodingParameters::default())
    }
}

/// By how much width and height are divided: one of a few steps, because with every change an encoder begins anew, with a
/// frame that is worth many.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ResolutionScale {
    halves: u8,
}

/// The steps, in halves: 1, 1.5, 2, 3, 4, 6 and 8.
const STEPS: [u8; 7] = [2, 3, 4, 6, 8, 12, 16];

impl ResolutionScale {
    /// As it is.
    pub const ONE: Self = Self { halves: 2 };
    /// Half the width and height.
    pub const TWO: Self = Self { halves: 4 };

    /// A quarter of the width and height.
    pub(crate) const FOUR: Self = Self { halves: 8 };

    /// The number for the browser.
    pub fn factor(self) -> f64 {
        f64::from(self.halves) / 2.0
    }

    /// The largest step with which at least `shown` is left of `captured`.
    pub(crate) fn largest(captured: u16, shown: u16) -> Self {
        let fits = |halves: &&u8| u32::from(captured) * 2 >= u32::from(shown) * u32::from(**halves);
        Self { halves: STEPS.iter().rev().find(fits).copied().unwrap_or(2) }
    }

    /// Half as wide and high as with this, as far as there is a step.
    pub(crate) fn doubled(self) -> Self {
        Self { halves: STEPS.into_iter().find(|step| *step >= 2 * self.halves).unwrap_or(16) }
    }

    /// How many pixels of so many are left.
    pub(crate) fn pixels_of(self, captured: u32) -> u32 {
        // No step is zero; but a division that might panic weighs something in the bundle.
        captured.saturating_mul(4).checked_div(u32::from(self.halves).pow(2)).unwrap_or(captured)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn largest(captured: u16, shown: u16) -> f64 {
        ResolutionScale::largest(captured, shown).factor()
    }

    #[test]
    fn a_picture_is_never_smaller_than_what_it_fills() {
        assert_eq!([largest(1280, 1280), largest(1280, 9000), largest(0, 1)], [1.0; 3]);
        assert_eq!([largest(1280, 640), largest(1280, 641), largest(1280, 160)], [2.0, 1.5, 8.0]);
        assert_eq!(largest(1280, 1), 8.0);
        for shown in 1..1280 {
            assert!(1280.0 / largest(1280, shown) >= f64::from(shown), "{shown}");
        }
    }

    #[test]
    fn doubling_goes_by_the_steps() {
        let scales = [1280, 800, 640, 400, 320, 200, 160].map(|shown| ResolutionScale::largest(1280, shown));
        assert_eq!(scales.map(ResolutionScale::factor), [1.0, 1.5, 2.0, 3.0, 4.0, 6.0, 8.0]);
        assert_eq!(scales.map(|scale| scale.doubled().factor()), [2.0, 3.0, 4.0, 6.0, 8.0, 8.0, 8.0]);
        assert_eq!(ResolutionScale::TWO.pixels_of(1280 * 720), 640 * 360);
    }
}
