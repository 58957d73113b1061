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
    tools::artifact("camera.y4m", video)
}

/// The same of a camera with its lens covered.
pub(crate) fn black() -> PathBuf {
    tools::artifact("black.y4m", || {
        let mut video = header(WIDTH, HEIGHT, 8);
        for _ in 0..FRAMES {
            video.extend(b"FRAME\n");
            video.extend([16; WIDTH * HEIGHT]);
            video.extend([128; WIDTH * HEIGHT / 2]);
        }
        video
    })
}

/// YUV4MPEG2, 4:2:0.
fn header(width: usize, height: usize, frames_per_second: u32) -> Vec<u8> {
    format!("YUV4MPEG2 W{width} H{height} F{frames_per_second}:1 Ip A1:1 C420jpeg\n").into_bytes()
}

/// A larger picture, 15 frames a second, that no encoder can make small: a camera that shakes before a wall full of detail, with
/// the noise of a dark room.
pub(crate) fn detailed() -> PathBuf {
    const SIZE: (usize, usize) = (640, 360);
    tools::artifact("detailed.y4m", || {
        let mut video = header(SIZE.0, SIZE.1, 15);
        let mut noise = 1_u32;
        for frame in 0..30 {
            let angle = std::f64::consts::TAU * f64::from(frame) / 30.0;
            let (left, up) = (9.0 * angle.cos(), 6.0 * (2.0 * angle).sin());
            video.extend(b"FRAME\n");
            for (x, y) in (0..SIZE.1).flat_map(|y| (0..SIZE.0).map(move |x| (x as f64 + left, y as f64 + up)))
            {
                // Numerical Recipes' generator: any would do that is the same each time.
                noise = noise.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let wall =
                    35.0 * (x / 5.0 + (y / 17.0).sin()).sin() + 30.0 * (y / 7.0 - (x / 23.0).cos()).sin();
                video.push((128.0 + wall + f64::from(noise >> 28)) as u8);
            }
            video.extend([128; SIZE.0 * SIZE.1 / 2]);
        }
        video
    })
}

fn video() -> Vec<u8> {
    let mut video = header(WIDTH, HEIGHT, 8);
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
