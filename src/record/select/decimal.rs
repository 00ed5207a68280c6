//! Numbers compared by what their spelling says, digit for digit: 1.10 is 1.1, and 23 digits are 23 digits.

use std::cmp::Ordering;

/// A number as its sign, its digits and where its point stands.
#[derive(Clone, Debug)]
pub struct Decimal {
    negative: bool,
    /// Without zeros at either end; empty for zero.
    digits: String,
    /// How many of the digits stand before the point; it may lie outside them.
    point: i64,
}

impl Decimal {
    /// Reads `-12.50` and `1.2E+3`; nothing of what is no such number.
    pub fn read(text: &str) -> Option<Decimal> {
        let negative = text.starts_with('-');
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
            Some((mantissa, exponent)) => (mantissa, power(exponent)?),
            None => (unsigned, 0),
        };
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let some = !whole.is_empty() || !fraction.is_empty();
        if !some || !plain(whole) || !plain(fraction) {
            return None;
        }
        let all = format!("{whole}{fraction}");
        let digits = all.trim_start_matches('0');
        let point =
            i64::try_from(whole.len()).ok()? - i64::try_from(all.len() - digits.len()).ok()?;
        let digits = digits.trim_end_matches('0');
        Some(Decimal {
            negative: negative && !digits.is_empty(),
            point: if digits.is_empty() {
                0
            } else {
                point.saturating_add(exponent)
            },
            digits: digits.into(),
        })
    }

    /// How far from zero it is, against another.
    fn size(&self, other: &Decimal) -> Ordering {
        match (self.digits.is_empty(), other.digits.is_empty()) {
            (false, false) => {
                let points = self.point.cmp(&other.point);
                points.then_with(|| self.digits.cmp(&other.digits))
            }
            (self_zero, other_zero) => other_zero.cmp(&self_zero),
        }
    }
}

/// A power of ten; what is beyond all counting is taken for the farthest that counts.
fn power(text: &str) -> Option<i64> {
    let digits = text.strip_prefix(['-', '+']).unwrap_or(text);
    if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    const FARTHEST: i64 = i64::MAX / 4;
    let size = digits.parse().unwrap_or(FARTHEST).min(FARTHEST);
    Some(if text.starts_with('-') { -size } else { size })
}

impl Ord for Decimal {
    fn cmp(&self, other: &Decimal) -> Ordering {
        match (self.negative, other.negative) {
            (false, false) => self.size(other),
            (true, true) => other.size(self),
            (true, false) => Ordering::Less,
            (false, true) => Ordering::Greater,
        }
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Decimal) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Decimal {
    fn eq(&self, other: &Decimal) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Decimal {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_what_their_digits_say() {
        let read = |text| Decimal::read(text).unwrap();
        for same in [
            ["1.10", "1.1"],
            ["0", "-0.00e7"],
            ["1E2", "100"],
            ["+.5", "0.5"],
            ["12.5e-1", "1.25"],
        ] {
            assert_eq!(read(same[0]), read(same[1]), "{same:?}");
        }
        let rising = [
            "-1e99999999999999999999",
            "-10",
            "-9.99",
            "-0.001",
            "0",
            "0.0009",
            "0.001",
            "9",
            "10",
            "12345678901234567890123",
            "12345678901234567890124",
            "1e23",
            "1e99999999999999999999",
        ];
        assert!(rising.windows(2).all(|pair| read(pair[0]) < read(pair[1])));
        for none in [
            "", "-", ".", "1.2.3", "1e", "e5", "0x1", "1 ", "١", "--1", "NaN", "1e+-2",
        ] {
            assert!(Decimal::read(none).is_none(), "{none}");
        }
    }
}
