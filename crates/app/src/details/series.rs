//! The last values of one figure, and the line that they make.

/// Two minutes of samples, of which there is one in two seconds.
pub const MAX_SAMPLES: usize = 60;
/// The size of a plot, in the units of its view box: two for each sample.
pub const PLOT_WIDTH: u32 = 2 * MAX_SAMPLES as u32;
/// Its height.
pub const PLOT_HEIGHT: u32 = 30;

/// The newest values, oldest first. `None` where nothing is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Series(Vec<Option<u32>>);

impl Series {
    /// Adds a value; the oldest makes room for it.
    pub fn push(&mut self, value: Option<u32>) {
        if self.0.len() >= MAX_SAMPLES {
            self.0.remove(0);
        }
        self.0.push(value);
    }

    /// The newest value, if it is known.
    pub fn last(&self) -> Option<u32> {
        self.0.last().copied().flatten()
    }

    /// The largest value that is known.
    pub fn most(&self) -> Option<u32> {
        self.0.iter().copied().flatten().max()
    }

    /// The data of an SVG path: the newest value at the right end, `top` at the upper one, zero at the lower one. It is
    /// interrupted where nothing is known, and a value between two such moments is a dot.
    pub fn path(&self, top: u32) -> String {
        let first = MAX_SAMPLES - self.0.len();
        let mut path = String::new();
        let mut before = None;
        for (at, value) in self.0.iter().enumerate() {
            if let Some(value) = value {
                let x = 2 * (first + at) + 2;
                let command = if before.is_some() { "L" } else { "M" };
                let y = height(*value, top);
                path.push_str(&[command, &x.to_string(), " ", &y.to_string()].concat());
                if before.is_none() {
                    path.push_str("h0");
                }
            }
            before = *value;
        }
        path
    }
}

/// How far below the upper end. A line of one unit has room at both.
fn height(value: u32, top: u32) -> u32 {
    let room = u64::from(PLOT_HEIGHT - 2);
    let up = (u64::from(value.min(top)) * room).checked_div(u64::from(top)).unwrap_or_default();
    PLOT_HEIGHT - 1 - up as u32
}
