//! Decimal numbers, kept as text. An exchange writes `70352.36000000`; a floating-point number
//! would only approximate it, and even 0.1.

use std::fmt;

/// The longest accepted decimal, in bytes: twice the longest that an exchange documents (a price
/// with eight digits after the point).
pub const MAX_BYTES: usize = 32;

/// A number of zero or more, byte for byte as it was written: digits with at most one point between
/// them, at most [`MAX_BYTES`] bytes. No sign, no exponent.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Decimal(String);

impl Decimal {
    /// Parses the text; none if it is not such a number.
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let digits =
            |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        let is_valid = match text.split_once('.') {
            Some((whole, fraction)) => digits(whole) && digits(fraction),
            None => digits(text),
        };
        is_valid.then(|| Self(text.to_owned()))
    }

    /// The number as it was written.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the number is zero, with any number of digits.
    pub fn is_zero(&self) -> bool {
        self.0.bytes().all(|byte| byte == b'0' || byte == b'.')
    }

    /// The digits without the point, and the number of digits after it.
    fn scaled(&self) -> Option<(i128, u32)> {
        let (whole, fraction) = self.0.split_once('.').unwrap_or((&self.0, ""));
        let digits = format!("{whole}{fraction}").parse().ok()?;
        Some((digits, u32::try_from(fraction.len()).ok()?))
    }
}

impl fmt::Display for Decimal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// A change in percent: a [`Decimal`] that may have a sign before it. `-1.25` is one and a quarter
/// percent down.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Percent(String);

impl Percent {
    /// Parses the text; none if it is not such a number.
    pub fn parse(text: &str) -> Option<Self> {
        let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
        Decimal::parse(unsigned).map(|_| Self(text.to_owned()))
    }

    /// The change from `before` to `now`, rounded half away from zero to hundredths of a percent.
    /// None if `before` is zero, or if either has more digits than 128 bits hold.
    pub fn between(before: &Decimal, now: &Decimal) -> Option<Self> {
        let (before, before_scale) = before.scaled()?;
        let (now, now_scale) = now.scaled()?;
        let scale = before_scale.max(now_scale);
        let before = before.checked_mul(10_i128.checked_pow(scale - before_scale)?)?;
        let now = now.checked_mul(10_i128.checked_pow(scale - now_scale)?)?;
        let difference = now.checked_sub(before)?;
        // Twice the hundredths of a percent, so that a half can be seen and rounded.
        let doubled = difference.abs().checked_mul(20_000)?.checked_div(before)?;
        let hundredths = doubled / 2 + doubled % 2;
        let sign = if difference < 0 && hundredths > 0 { "-" } else { "" };
        Some(Self(format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)))
    }

    /// The change as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Percent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_decimal_is_digits_with_at_most_one_point_between_them() {
        for good in ["0", "70352.36000000", "148601000.0", "007", &"9".repeat(MAX_BYTES)] {
            assert_eq!(Decimal::parse(good).expect(good).as_str(), good);
        }
        let long = "9".repeat(MAX_BYTES + 1);
        for bad in
            ["", ".", "1.", ".5", "1.2.3", "-1", "+1", "1e5", "1,000", " 1", "१", "NaN", &long]
        {
            assert_eq!(Decimal::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_percent_may_have_a_sign() {
        for good in ["-95.960", "+1.5", "0.00", "12"] {
            assert_eq!(Percent::parse(good).expect(good).as_str(), good);
        }
        for bad in ["--1", "-", "", "1%", "- 1"] {
            assert_eq!(Percent::parse(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn a_change_is_computed_exactly_and_rounded_once() {
        let check = |before: &str, now: &str, expected: Option<&str>| {
            let (before, now) = (Decimal::parse(before).unwrap(), Decimal::parse(now).unwrap());
            let change = Percent::between(&before, &now);
            assert_eq!(change.as_ref().map(Percent::as_str), expected, "{before} to {now}");
        };
        check("100", "101.25", Some("1.25"));
        check("100.00", "98.7", Some("-1.30"));
        check("70000.00000000", "70000", Some("0.00"));
        check("1", "1.00005", Some("0.01"));
        check("1", "0.99995", Some("-0.01"));
        check("1", "0.99996", Some("0.00"));
        check("0.00", "5", None);
        check(&"9".repeat(MAX_BYTES), "0.0000000001", None);
    }
}
