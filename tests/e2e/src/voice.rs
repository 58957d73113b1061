//! Something like a voice for a fake microphone. Chromium's own beeps once a second, so of each second it says nothing of the
//! rest.

use std::f32::consts::TAU;
use std::path::PathBuf;

use crate::tools;

/// Samples per second.
const RATE: u16 = 48_000;
const SECONDS: u16 = 10;

/// The file of the voice, made if it is not there yet: a gliding tone with its harmonics that swells four times a second and is
/// never still. (Noise suppression takes a tone that does not change for noise.) It begins as it ends, because it is repeated.
pub(crate) fn file() -> PathBuf {
    tools::artifact("voice.wav", || wav(&samples()))
}

/// The file of a microphone that is muted by a switch of its own: digital silence.
pub(crate) fn silence() -> PathBuf {
    tools::artifact("silence.wav", || wav(&vec![0; usize::from(RATE)]))
}

fn samples() -> Vec<i16> {
    let mut phase = 0.0_f32;
    let sample = |index: u32| {
        let time = index as f32 / f32::from(RATE);
        phase += TAU * (170.0 + 50.0 * (TAU * 0.7 * time).sin()) / f32::from(RATE);
        let swell = 0.65 + 0.35 * (TAU * 4.0 * time).sin();
        let voice = phase.sin() + 0.6 * (2.0 * phase).sin() + 0.4 * (5.0 * phase).sin();
        (0.25 * swell * voice * f32::from(i16::MAX)) as i16
    };
    (0..u32::from(RATE) * u32::from(SECONDS)).map(sample).collect()
}

/// RIFF with one chunk of 16-bit samples of one channel.
fn wav(samples: &[i16]) -> Vec<u8> {
    let bytes: Vec<u8> = samples.iter().flat_map(|sample| sample.to_le_bytes()).collect();
    let length = u32::try_from(bytes.len()).expect("a few seconds");
    let rate = u32::from(RATE);
    let mut file = Vec::new();
    file.extend(b"RIFF");
    file.extend((36 + length).to_le_bytes());
    file.extend(b"WAVEfmt ");
    file.extend(16_u32.to_le_bytes());
    file.extend([1_u16, 1].map(u16::to_le_bytes).concat());
    file.extend([rate, 2 * rate].map(u32::to_le_bytes).concat());
    file.extend([2_u16, 16].map(u16::to_le_bytes).concat());
    file.extend(b"data");
    file.extend(length.to_le_bytes());
    file.extend(bytes);
    file
}
