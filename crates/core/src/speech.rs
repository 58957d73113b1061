//! Who speaks, by how loud they are.
//!
//! Browsers keep the level of the last packet of every source that is received (`RTCRtpContributingSource.audioLevel`, W3C
//! webrtc-pc 5.6), and give it without a report of all counters. A packet is a fiftieth of a second, so one of them says
//! little: a cough is loud, and between two words it is quiet.

use crate::safety::MAX_FORWARDED_SECTIONS;

/// From this level on it may be speech, in thousandths of the loudest sound: -36 dBov. Noise that is suppressed lies below -60.
const LOUD: u16 = 16;
/// What a loud sample is worth, in quiet ones.
const LOUD_WEIGHT: u8 = 2;
/// With so much of it somebody speaks: two loud samples, close together.
const ENOUGH: u8 = 4;
/// More is not counted: so many quiet samples end any speech.
const MOST: u8 = 8;

/// How loud somebody is, in thousandths of the loudest sound that there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub struct AudioLevel(pub u16);

/// Whether one source speaks: it takes two loud samples to begin, and some quiet ones to end.
#[derive(Debug, Clone, Copy, Default)]
struct Detector {
    evidence: u8,
    speaks: bool,
}

impl Detector {
    fn sample(&mut self, level: AudioLevel) -> bool {
        self.evidence = if level.0 >= LOUD {
            (self.evidence + LOUD_WEIGHT).min(MOST)
        } else {
            self.evidence.saturating_sub(1)
        };
        self.speaks = self.evidence >= ENOUGH || (self.speaks && self.evidence > 0);
        self.speaks
    }
}

/// Which sources of one connection speak, for whoever takes samples of their levels every
/// [`AUDIO_LEVEL_INTERVAL`](crate::timing::AUDIO_LEVEL_INTERVAL).
#[derive(Debug, Default)]
pub struct SpeechDetector {
    sources: Vec<(String, Detector)>,
    told: Option<Vec<String>>,
}

impl SpeechDetector {
    /// Takes a sample of the sources that are received, by the `mid` of their transceivers; one whose packets have stopped
    /// is silent. Gives those that speak, if they are others than the last time.
    pub fn sample(&mut self, mut levels: Vec<(String, AudioLevel)>) -> Option<Vec<String>> {
        levels.truncate(MAX_FORWARDED_SECTIONS);
        self.sources.retain(|(mid, _)| levels.iter().any(|(known, _)| known == mid));
        let mut speaking = Vec::new();
        for (mid, level) in levels {
            let at = self.sources.iter().position(|(known, _)| *known == mid).unwrap_or_else(|| {
                self.sources.push((mid.clone(), Detector::default()));
                self.sources.len() - 1
            });
            if self.sources.get_mut(at).is_some_and(|(_, detector)| detector.sample(level)) {
                speaking.push(mid);
            }
        }
        let changed = self.told.as_ref() != Some(&speaking);
        changed.then(|| self.told.insert(speaking).clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPEECH: u16 = 80;
    const NOISE: u16 = 2;

    /// What is told for each of these levels of one source.
    fn told(levels: &[u16]) -> Vec<Option<bool>> {
        let mut detector = SpeechDetector::default();
        let mut tell = |level: &u16| detector.sample(vec![("0".to_owned(), AudioLevel(*level))]);
        levels.iter().map(|level| tell(level).map(|speaking| !speaking.is_empty())).collect()
    }

    /// Whether somebody speaks after each of these levels.
    fn speaks(levels: &[u16]) -> Vec<bool> {
        let mut last = false;
        let mut now = |told: Option<bool>| {
            last = told.unwrap_or(last);
            last
        };
        told(levels).into_iter().map(&mut now).collect()
    }

    #[test]
    fn a_cough_is_no_speech() {
        let levels = [NOISE, 900, NOISE, NOISE, NOISE, 900, NOISE, NOISE, NOISE, 900];
        assert!(!speaks(&levels).contains(&true));
    }

    #[test]
    fn half_a_second_of_speech_is_enough() {
        assert_eq!(speaks(&[NOISE, SPEECH, SPEECH, SPEECH]), [false, false, true, true]);
    }

    #[test]
    fn a_pause_ends_nothing_and_silence_does() {
        let mut levels = vec![SPEECH; 8];
        levels.extend([NOISE; 7]);
        assert!(speaks(&levels).ends_with(&[true; 13]), "a pause of almost two seconds");
        levels.push(NOISE);
        assert!(speaks(&levels).ends_with(&[true, false]));
    }

    #[test]
    fn it_is_told_once() {
        let told = told(&[NOISE, NOISE, SPEECH, SPEECH, SPEECH, NOISE, SPEECH]);
        assert_eq!(told, [Some(false), None, None, Some(true), None, None, None]);
    }

    #[test]
    fn whoever_is_gone_speaks_no_more_and_nobody_is_mistaken_for_another() {
        let mut detector = SpeechDetector::default();
        let both = || ["0", "3"].map(|mid| (mid.to_owned(), AudioLevel(if mid == "3" { SPEECH } else { 0 })));
        assert_eq!(detector.sample(both().to_vec()), Some(Vec::new()));
        assert_eq!(detector.sample(both().to_vec()), Some(vec!["3".to_owned()]));
        assert_eq!(detector.sample(both()[..1].to_vec()), Some(Vec::new()));
        assert_eq!(detector.sample(both().to_vec()), None, "they have to speak anew");
    }

    #[test]
    fn a_server_cannot_make_the_list_grow() {
        let mut detector = SpeechDetector::default();
        for round in 0..4 {
            let levels = (0..1000).map(|mid| (format!("{round}-{mid}"), AudioLevel(SPEECH))).collect();
            let _ = detector.sample(levels);
            assert!(detector.sources.len() <= MAX_FORWARDED_SECTIONS);
        }
    }
}
