//! Numbers as text. Small negative numbers are "0.0", not "-0.0" as by `format!`.

/// The number with one decimal.
pub(crate) fn tenths(number: f64) -> String {
    let tenths = whole(number * 10.0);
    let sign = if tenths < 0 { "-" } else { "" };
    let tenths = tenths.unsigned_abs();
    format!("{sign}{}.{}", tenths / 10, tenths % 10)
}

/// The nearest whole number.
#[expect(clippy::cast_possible_truncation, reason = "milliseconds and pixels: far from any limit")]
pub(crate) fn whole(number: f64) -> i64 {
    number.round() as i64
}

/// The number in groups of three digits, with a minus as wide as a plus.
pub(crate) fn grouped(number: i64) -> String {
    let digits = number.unsigned_abs().to_string();
    let mut grouped = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if number < 0 { format!("−{grouped}") } else { grouped }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_to_a_tenth() {
        for (number, written) in
            [(0.0, "0.0"), (1.25, "1.3"), (-0.34, "-0.3"), (-0.01, "0.0"), (99.96, "100.0")]
        {
            assert_eq!(tenths(number), written);
        }
    }
}
