//! Medians, spreads and geometric means of samples.

/// The middle of the sorted samples, or the mean of the two in the middle; 0 without samples.
pub fn median(samples: &[f64]) -> f64 {
    quantile(samples, 0.5)
}

/// The value below which a share `at` (0 to 1) of the samples lies, by linear interpolation; 0 without samples.
pub fn quantile(samples: &[f64], at: f64) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    let Some(last) = sorted.len().checked_sub(1) else { return 0.0 };
    let position = at * last as f64;
    let below = position.floor();
    let next = sorted[(below as usize + 1).min(last)];
    sorted[below as usize] + (next - sorted[below as usize]) * (position - below)
}

/// The smallest sample.
pub fn fastest(samples: &[f64]) -> f64 {
    samples.iter().copied().fold(f64::INFINITY, f64::min)
}

/// The geometric mean; 1 without values.
pub fn geometric_mean(values: &[f64]) -> f64 {
    if values.is_empty() {
        return 1.0;
    }
    (values.iter().map(|value| value.ln()).sum::<f64>() / values.len() as f64).exp()
}

/// Half the distance between the quartiles of the ratios of two series round by round, relative to their median. Rounds are interleaved, so
/// slow drift of the machine cancels in each ratio and what remains is noise.
pub fn ratio_spread(numerators: &[f64], denominators: &[f64]) -> f64 {
    let ratios: Vec<f64> = numerators.iter().zip(denominators).map(|(a, b)| a / b).collect();
    (quantile(&ratios, 0.75) - quantile(&ratios, 0.25)) / 2.0 / median(&ratios)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        assert_eq!(median(&[3.0, 1.0, 2.0]), 2.0);
        assert_eq!(median(&[4.0, 1.0, 2.0, 3.0]), 2.5);
        assert_eq!(median(&[7.0]), 7.0);
        assert_eq!(median(&[]), 0.0);
        assert_eq!(quantile(&[0.0, 1.0, 2.0, 3.0, 4.0], 0.25), 1.0);
    }

    #[test]
    fn geometric_means() {
        assert!((geometric_mean(&[0.5, 2.0]) - 1.0).abs() < 1e-12);
        assert!((geometric_mean(&[1.0, 8.0, 1.0]) - 2.0).abs() < 1e-12);
    }

    #[test]
    fn drift_common_to_both_is_no_spread() {
        assert_eq!(ratio_spread(&[1.0, 2.0, 3.0], &[2.0, 4.0, 6.0]), 0.0);
        assert!(ratio_spread(&[1.0, 2.0, 3.0], &[1.0, 1.0, 1.0]) > 0.1);
    }
}
