//! Whether our microphone, which is on, has given nothing but digital silence.
//!
//! A room is never so quiet that every sample of a microphone is zero: then it is muted by a switch of its own or by the system,
//! or it is one that nothing is plugged into. Some take out all noise while nobody speaks, so only one that has never been heard
//! is silent.

use visavis_signaling::Timestamp;

use crate::timing::MICROPHONE_SILENCE_TIMEOUT;

/// Takes samples, as often as they come, of what is counted since a connection sends the microphone.
#[derive(Debug, Default)]
pub(crate) struct SilenceDetector {
    /// Since when it is on and nothing was heard.
    since: Option<Timestamp>,
    silent: bool,
}

impl SilenceDetector {
    /// Takes a sample: whether all that was sent so far is digital silence; `None` if the microphone is off, or the browser does not
    /// count it.
    pub(crate) fn sample(&mut self, now: Timestamp, silent: Option<bool>) {
        self.since = match silent {
            Some(true) => Some(self.since.unwrap_or(now)),
            Some(false) | None => None,
        };
        self.silent = self.since.is_some_and(|since| now.since(since) >= MICROPHONE_SILENCE_TIMEOUT);
    }

    /// Whether it has lasted for so long that the person is told.
    pub(crate) fn is_silent(&self) -> bool {
        self.silent
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the person is told after each of these samples, which are two seconds apart.
    fn told(samples: &[Option<bool>]) -> Vec<bool> {
        let mut detector = SilenceDetector::default();
        let mut now = Timestamp::default();
        let mut tell = |sample: &Option<bool>| {
            detector.sample(now, *sample);
            now = now + std::time::Duration::from_secs(2);
            detector.is_silent()
        };
        samples.iter().map(&mut tell).collect()
    }

    #[test]
    fn ten_seconds_of_digital_silence_are_told() {
        let told = told(&[Some(true); 7]);
        assert_eq!(told, [false, false, false, false, false, true, true]);
    }

    #[test]
    fn one_sound_is_enough() {
        let mut samples = [Some(true); 9];
        samples[4] = Some(false);
        assert!(!told(&samples).contains(&true));
        samples[8] = Some(false);
        assert_eq!(told(&[&[Some(true); 7][..], &samples[8..]].concat()).last(), Some(&false));
    }

    #[test]
    fn a_muted_microphone_is_not_told() {
        let mut samples = [Some(true); 9];
        samples[4] = None;
        assert!(!told(&samples).contains(&true));
        assert!(!told(&[None; 20]).contains(&true));
    }
}
