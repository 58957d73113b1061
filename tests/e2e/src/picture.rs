//! A small moving picture for a fake camera. Where many pages share one machine, thirty big ones would be all it does.

use std::io::Write;
use std::path::PathBuf;

use crate::tools;

const WIDTH: usize = 320;
const HEIGHT: usize = 180;
const FRAMES: usize = 24;

/// The file of the picture, made if it is not there yet: a light disc that goes round on a soft ground, eight frames a
/// second.
pub(crate) fn small() -> PathBuf {
    file("camera.y4m", video)
}

/// The same of a camera with its lens covered.
pub(crate) fn black() -> PathBuf {
    file("black.y4m", || {
        let mut video = header();
        for _ in 0..FRAMES {
            video.extend(b"FRAME\n");
            video.extend([16; WIDTH * HEIGHT]);
            video.extend([128; WIDTH * HEIGHT / 2]);
        }
        video
    })
}

fn file(name: &str, video: impl Fn() -> Vec<u8>) -> PathBuf {
    let path = tools::artifacts().join(name);
    if !path.exists() {
        // Written aside and moved, so that nobody ever reads half of it.
        let draft = path.with_extension(format!("{}", std::process::id()));
        std::fs::write(&draft, video()).expect("artifacts can be written");
        std::fs::rename(&draft, &path).expect("artifacts can be moved");
    }
    path
}

/// YUV4MPEG2, 4:2:0.
fn header() -> Vec<u8> {
    format!("YUV4MPEG2 W{WIDTH} H{HEIGHT} F8:1 Ip A1:1 C420jpeg\n").into_bytes()
}

fn video() -> Vec<u8> {
    let mut video = header();
    for frame in 0..FRAMES {
        video.extend(b"FRAME\n");
        for y in 0..HEIGHT {
            (0..WIDTH).for_each(|x| video.push(brightness(frame, x, y)));
        }
        for chroma in [150, 110] {
            let plane = vec![chroma; WIDTH * HEIGHT / 4];
            video.write_all(&plane).expect("memory can be written");
        }
    }
    video
}

fn brightness(frame: usize, x: usize, y: usize) -> u8 {
    let angle = std::f64::consts::TAU * frame as f64 / FRAMES as f64;
    let (across, down) = (x as f64 - 160.0 - 70.0 * angle.cos(), y as f64 - 90.0 - 45.0 * angle.sin());
    let ground = 60.0 + 60.0 * y as f64 / HEIGHT as f64;
    // Between 60 and 230, so nothing is cut off.
    (if across.hypot(down) < 30.0 { 230.0 } else { ground }) as u8
}
