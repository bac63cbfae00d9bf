//! Maps values to places on an axis, and chooses the values with ticks.

/// Maps values to pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    kind: Kind,
    /// The values at the two ends.
    domain: (f64, f64),
    /// The pixels at the two ends.
    range: (f64, f64),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Kind {
    Linear,
    Log,
    /// Logarithmic, with the first part of the range for 0, which has no logarithm.
    ZeroAndLog,
}

/// The part of a range that belongs to 0.
const ZERO: f64 = 0.12;

impl Scale {
    /// From 0 to a round number at or above `most`.
    pub fn linear(most: f64, range: (f64, f64)) -> Self {
        let most = if most.is_finite() && most > 0.0 {
            most
        } else {
            1.0
        };
        let step = round_step(most);
        Self {
            kind: Kind::Linear,
            domain: (0.0, (most / step).ceil() * step),
            range,
        }
    }

    /// From 0 to exactly `most`: for an axis of time.
    pub fn until(most: f64, range: (f64, f64)) -> Self {
        let scale = Self::linear(most, range);
        let known = most.is_finite() && most > 0.0;
        Self {
            domain: (0.0, if known { most } else { scale.domain.1 }),
            ..scale
        }
    }

    /// Logarithmic, from `low` to `high`. Both must be above 0; equal values get room around them.
    pub fn log(low: f64, high: f64, range: (f64, f64)) -> Self {
        let (low, high) = if low > 0.0 && high >= low && high.is_finite() {
            (low, high)
        } else {
            (1.0, 10.0)
        };
        let domain = if high / low < 1.01 {
            (low / 2.0, high * 2.0)
        } else {
            (low, high)
        };
        Self {
            kind: Kind::Log,
            domain,
            range,
        }
    }

    /// Like [`Scale::log`], but with ends at powers of ten.
    pub fn decades(low: f64, high: f64, range: (f64, f64)) -> Self {
        let (low, high) = if low > 0.0 && high >= low && high.is_finite() {
            (low, high)
        } else {
            (1.0, 10.0)
        };
        let down = 10_f64.powf(low.log10().floor());
        let up = 10_f64.powf(high.log10().ceil());
        Self::log(down, if up > down { up } else { down * 10.0 }, range)
    }

    /// A scale for these values: like [`Scale::log`] from the lowest above 0 to the highest, with a place for 0 if it
    /// is among them.
    pub fn steps(values: &[f64], range: (f64, f64)) -> Self {
        let above = || values.iter().copied().filter(|&value| value > 0.0);
        let low = above().fold(f64::INFINITY, f64::min);
        let scale = Self::log(low, above().fold(0.0, f64::max), range);
        if values.iter().all(|&value| value > 0.0) {
            return scale;
        }
        Self {
            kind: Kind::ZeroAndLog,
            ..scale
        }
    }

    /// The pixel of a value; values outside of the domain are drawn at its end.
    pub fn at(&self, value: f64) -> f64 {
        let (low, high) = self.domain;
        let within = value.clamp(low, high);
        let log = (within / low).ln() / (high / low).ln();
        let part = match self.kind {
            Kind::Linear => (within - low) / (high - low),
            Kind::Log => log,
            Kind::ZeroAndLog if value <= 0.0 => 0.0,
            Kind::ZeroAndLog => ZERO + (1.0 - ZERO) * log,
        };
        self.range.0 + part * (self.range.1 - self.range.0)
    }

    /// True if the value is inside of the scale.
    pub fn holds(&self, value: f64) -> bool {
        let zero = self.kind == Kind::ZeroAndLog && value <= 0.0;
        zero || (self.domain.0..=self.domain.1).contains(&value)
    }

    /// True if equal distances are equal ratios.
    pub fn is_log(&self) -> bool {
        self.kind == Kind::Log
    }

    /// The values at the two ends.
    pub fn domain(&self) -> (f64, f64) {
        self.domain
    }

    /// The first and the last pixel.
    pub fn range(&self) -> (f64, f64) {
        self.range
    }

    /// Round values worth a tick, about five.
    pub fn ticks(&self) -> Vec<f64> {
        match self.kind {
            Kind::Linear => {
                let step = round_step(self.domain.1);
                let steps = (self.domain.1 / step + 1e-9).floor() as u32;
                (0..=steps).map(|i| f64::from(i) * step).collect()
            }
            Kind::Log => self.log_ticks(),
            Kind::ZeroAndLog => [0.0].into_iter().chain(self.log_ticks()).collect(),
        }
    }

    /// Powers of ten; with 2 and 5 if they would be too few, or every second one if they would be too many.
    fn log_ticks(&self) -> Vec<f64> {
        let (low, high) = self.domain;
        let decades = (high / low).log10();
        let between: &[f64] = if decades < 1.7 {
            &[1.0, 2.0, 5.0]
        } else {
            &[1.0]
        };
        let every = (decades / 6.0).ceil().max(1.0) as i32;
        let powers = (low.log10().floor() as i32)..=(high.log10().ceil() as i32);
        let all = powers.filter(|power| power.rem_euclid(every) == 0);
        let all = all.flat_map(|power| between.iter().map(move |digit| digit * 10_f64.powi(power)));
        all.filter(|tick| (low * 0.999..=high * 1.001).contains(tick))
            .collect()
    }
}

/// A step of 1, 2 or 5 times a power of ten, so that four to eight steps reach `most`.
fn round_step(most: f64) -> f64 {
    let power = 10_f64.powf((most / 5.0).log10().floor());
    let digit = most / 5.0 / power;
    let round = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|step| digit <= step * 1.001);
    power * round.unwrap_or(10.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn linear_ticks_are_round_and_reach_beyond_the_data() {
        let scale = Scale::linear(198_000.0, (0.0, 100.0));
        assert_eq!(
            scale.ticks(),
            [0.0, 50_000.0, 100_000.0, 150_000.0, 200_000.0]
        );
        assert!((scale.at(100_000.0) - 50.0).abs() < 1e-9);
        assert_eq!(Scale::linear(0.0, (0.0, 1.0)).ticks().len(), 6);
    }

    #[test]
    fn time_ends_when_it_ends() {
        let scale = Scale::until(165.0, (0.0, 330.0));
        assert_eq!(scale.ticks(), [0.0, 50.0, 100.0, 150.0]);
        assert!((scale.at(165.0) - 330.0).abs() < 1e-9);
        assert_eq!(Scale::until(0.0, (0.0, 1.0)).ticks().len(), 6);
    }

    #[test]
    fn log_ticks_are_powers_of_ten() {
        let scale = Scale::log(1.0, 1000.0, (0.0, 300.0));
        assert_eq!(scale.ticks(), [1.0, 10.0, 100.0, 1000.0]);
        assert!((scale.at(10.0) - 100.0).abs() < 1e-9);
    }

    #[test]
    fn a_short_log_axis_has_ticks_between() {
        assert_eq!(
            Scale::log(1.0, 10.0, (0.0, 1.0)).ticks(),
            [1.0, 2.0, 5.0, 10.0]
        );
        assert_eq!(Scale::log(0.5, 2.0, (0.0, 1.0)).ticks(), [0.5, 1.0, 2.0]);
    }

    #[test]
    fn a_single_value_stands_in_the_middle() {
        let scale = Scale::log(100.0, 100.0, (0.0, 10.0));
        assert!((scale.at(100.0) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn zero_has_a_place_before_the_logarithm() {
        let scale = Scale::steps(&[0.0, 10.0, 1000.0], (0.0, 100.0));
        assert_eq!(scale.ticks(), [0.0, 10.0, 100.0, 1000.0]);
        let places = [0.0, 10.0, 1000.0].map(|x| scale.at(x) as u32);
        assert_eq!(places, [0, 12, 100]);
        assert!(scale.holds(0.0) && !scale.holds(5.0));
        assert!(Scale::steps(&[0.0], (0.0, 100.0)).at(0.0) < 1.0);
    }

    #[test]
    fn decades_end_at_powers_of_ten() {
        let scale = Scale::decades(35.0, 4_200.0, (0.0, 1.0));
        assert_eq!(scale.ticks(), [10.0, 100.0, 1000.0, 10_000.0]);
    }
}
