//! Prices as text. A price is a whole number of hundredths everywhere; there are no floating-point numbers.

use madang_shared::price::Currency;

/// A decimal number in hundredths, rounded half up; none if the text is no decimal number or exceeds 64 bits.
pub(super) fn hundredths(decimal: &str) -> Option<u64> {
    let (whole, fraction) = decimal.split_once('.').unwrap_or((decimal, ""));
    let mut digits = fraction.bytes().chain(std::iter::repeat(b'0'));
    let whole = whole.bytes();
    let mut number = 0_u64;
    for digit in whole.chain(digits.by_ref().take(2)) {
        number = number.checked_mul(10)?.checked_add(value(digit)?)?;
    }
    let rounds_up = digits.next().and_then(value)? >= 5;
    number.checked_add(u64::from(rounds_up))
}

fn value(digit: u8) -> Option<u64> {
    digit.is_ascii_digit().then(|| u64::from(digit - b'0'))
}

/// `$70,352.36`; won have no hundredths: `₩98,765,432`.
pub(super) fn money(hundredths: u64, currency: Currency) -> String {
    match currency {
        Currency::Usd | Currency::Usdt => {
            format!("${}.{:02}", grouped(hundredths / 100), hundredths % 100)
        }
        Currency::Krw => format!("₩{}", grouped(hundredths.saturating_add(50) / 100)),
    }
}

/// A price of the server; a text that is no decimal number is returned unchanged.
pub(super) fn price(text: &str, currency: Currency) -> String {
    hundredths(text).map_or_else(|| text.to_owned(), |price| money(price, currency))
}

/// The direction of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Direction {
    Up,
    Down,
    Level,
}

impl Direction {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Up => "up",
            Self::Down => "down",
            Self::Level => "level",
        }
    }

    pub(super) fn arrow(self) -> &'static str {
        match self {
            Self::Up => "▲",
            Self::Down => "▼",
            Self::Level => "―",
        }
    }
}

/// A change in percent with its sign, and its direction.
pub(super) fn change(percent: &str) -> Option<(Direction, String)> {
    let size = hundredths(percent.trim_start_matches(['-', '+']))?;
    let (direction, sign) = match (size, percent.starts_with('-')) {
        (0, _) => (Direction::Level, ""),
        (_, true) => (Direction::Down, "−"),
        (_, false) => (Direction::Up, "+"),
    };
    Some((direction, format!("{sign}{}.{:02}%", size / 100, size % 100)))
}

fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t2_5_a_price_is_written_as_people_write_it() {
        for (text, currency, written) in [
            ("70352.36000000", Currency::Usdt, "$70,352.36"),
            ("70352.36", Currency::Usd, "$70,352.36"),
            ("70352.365", Currency::Usd, "$70,352.37"),
            ("999.999", Currency::Usd, "$1,000.00"),
            ("7", Currency::Usd, "$7.00"),
            ("0.1", Currency::Usd, "$0.10"),
            ("98765432.0", Currency::Krw, "₩98,765,432"),
            ("98765432.5", Currency::Krw, "₩98,765,433"),
            ("99999999999999999999999", Currency::Usd, "99999999999999999999999"),
            ("1e5", Currency::Usd, "1e5"),
        ] {
            assert_eq!(price(text, currency), written, "{text}");
        }
    }

    #[test]
    fn a_change_has_a_sign_and_a_way() {
        for (percent, expected) in [
            ("1.25", Some((Direction::Up, "+1.25%"))),
            ("-0.50", Some((Direction::Down, "−0.50%"))),
            ("-95.960", Some((Direction::Down, "−95.96%"))),
            ("0.00", Some((Direction::Level, "0.00%"))),
            ("-0.001", Some((Direction::Level, "0.00%"))),
            ("what", None),
        ] {
            let expected = expected.map(|(direction, text)| (direction, text.to_owned()));
            assert_eq!(change(percent), expected, "{percent}");
        }
    }
}
