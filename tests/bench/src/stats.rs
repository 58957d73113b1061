//! What many runs say together.

/// The middle of some values; nothing of none.
pub(crate) fn median(values: &[f64]) -> Option<f64> {
    quantile(values, 0.5)
}

/// The value that this share of the others does not exceed, between two neighbours.
pub(crate) fn quantile(values: &[f64], share: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = share * last as f64;
    let (below, above) = (sorted[place.floor() as usize], sorted[place.ceil() as usize]);
    Some(below + (above - below) * place.fract())
}

/// A ratio, and where 95 of 100 such measurements would have it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Ratio {
    /// The geometric mean of the ratios of the pairs.
    pub(crate) mean: f64,
    /// Its confidence interval, if there are two pairs or more.
    pub(crate) interval: Option<(f64, f64)>,
}

/// The ratio of what was measured in pairs, each value and what it is compared with: a *t* interval of its logarithm.
/// Whatever the machine did meanwhile, it did to both of a pair.
pub(crate) fn ratio(pairs: &[(f64, f64)]) -> Option<Ratio> {
    let usable = pairs.iter().filter(|(value, base)| *value > 0.0 && *base > 0.0);
    let logs: Vec<f64> = usable.map(|(value, base)| (value / base).ln()).collect();
    let count = logs.len() as f64;
    if logs.is_empty() {
        return None;
    }
    let mean = logs.iter().sum::<f64>() / count;
    let interval = (logs.len() > 1).then(|| {
        let variance = logs.iter().map(|log| (log - mean).powi(2)).sum::<f64>() / (count - 1.0);
        let half = t_quantile(logs.len() - 1) * (variance / count).sqrt();
        ((mean - half).exp(), (mean + half).exp())
    });
    Some(Ratio { mean: mean.exp(), interval })
}

/// How much more each unit of `x` makes of `y`: the slope of the straight line through the points (least squares).
pub(crate) fn slope(points: &[(f64, f64)]) -> Option<f64> {
    let count = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), point| (x + point.0 / count, y + point.1 / count));
    let (above, below) = points.iter().fold((0.0, 0.0), |(above, below), point| {
        (above + (point.0 - x) * (point.1 - y), below + (point.0 - x).powi(2))
    });
    (below > 0.0).then_some(above / below)
}

/// Student's *t* for 95 % on both sides, by degrees of freedom.
fn t_quantile(freedom: usize) -> f64 {
    const TABLE: [f64; 30] = [
        12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145,
        2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056, 2.052, 2.048,
        2.045, 2.042,
    ];
    // Beyond the table, close enough from above.
    TABLE.get(freedom.saturating_sub(1)).copied().unwrap_or(2.04)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_lie_between_neighbours() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), Some(2.0));
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), Some(2.5));
        assert_eq!(quantile(&[0.0, 100.0], 0.95), Some(95.0));
        assert_eq!(median(&[]), None);
    }

    #[test]
    fn the_same_ratio_each_time_leaves_no_doubt() {
        let sure = ratio(&[(50.0, 100.0), (1.0, 2.0), (3.0, 6.0)]).unwrap();
        let (low, high) = sure.interval.unwrap();
        for value in [sure.mean, low, high] {
            assert!((value - 0.5).abs() < 1e-9, "{sure:?}");
        }
        let unsure = ratio(&[(1.0, 1.0), (2.0, 1.0)]).unwrap();
        assert!(unsure.interval.unwrap().0 < 1.0);
        assert_eq!(ratio(&[(1.0, 2.0)]).unwrap().interval, None);
        assert_eq!(ratio(&[]), None);
    }

    #[test]
    fn the_slope_is_that_of_the_line() {
        assert_eq!(slope(&[(0.0, 1.0), (50.0, 201.0), (100.0, 401.0)]), Some(4.0));
        assert_eq!(slope(&[(0.0, 1.0)]), None);
    }
}
