//! The reader of JSON: tokens, strings and numbers (RFC 8259).

use std::borrow::Cow;

use serde::de;

/// The text is not as expected. The reader's position tells where.
#[derive(Debug)]
pub(in crate::compact) struct ReadError;

impl std::fmt::Display for ReadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("unreadable")
    }
}

impl std::error::Error for ReadError {}

impl de::Error for ReadError {
    /// Drops the message unread, so that the code that formats it is left out of the app.
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}

/// The largest depth of a value without a type of ours, as in `serde_json`. Other values are as deep
/// as their types.
const MAX_DEPTH: usize = 127;

/// A text, and the position up to which it was read. Its methods do not depend on a type, so they are
/// compiled once.
pub(in crate::compact) struct Reader<'de> {
    text: &'de str,
    at: usize,
    depth: usize,
}

impl<'de> Reader<'de> {
    pub(in crate::compact) fn new(text: &'de str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// The position up to which the text was read, in bytes.
    pub(in crate::compact) fn at(&self) -> usize {
        self.at
    }

    /// Checks that only white space follows.
    pub(in crate::compact) fn end(&mut self) -> Result<(), ReadError> {
        self.token();
        if self.at == self.text.len() { Ok(()) } else { Err(ReadError) }
    }

    /// Enters `levels` lists or objects.
    pub(super) fn nest(&mut self, levels: usize) -> Result<(), ReadError> {
        self.depth += levels;
        if self.depth > MAX_DEPTH { Err(ReadError) } else { Ok(()) }
    }

    /// Leaves `levels` lists or objects.
    pub(super) fn unnest(&mut self, levels: usize) {
        self.depth -= levels;
    }

    fn byte(&self) -> u8 {
        // Zero means the end; JSON contains no zero byte.
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// The first byte of the next token.
    pub(super) fn token(&mut self) -> u8 {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    /// Reads a token of one byte.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), ReadError> {
        if self.token() != byte {
            return Err(ReadError);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), ReadError> {
        if !self.rest().starts_with(word) {
            return Err(ReadError);
        }
        self.at += word.len();
        Ok(())
    }

    fn rest(&self) -> &'de str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn flag(&mut self) -> Result<bool, ReadError> {
        let is_true = self.token() == b't';
        self.word(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    pub(super) fn null(&mut self) -> Result<(), ReadError> {
        self.token();
        self.word("null")
    }

    /// Reads a `null`, if the next token is one.
    pub(super) fn is_null(&mut self) -> Result<bool, ReadError> {
        if self.token() != b'n' {
            return Ok(false);
        }
        self.null().map(|()| true)
    }

    pub(super) fn unsigned(&mut self) -> Result<u64, ReadError> {
        self.number()?.parse().map_err(|_| ReadError)
    }

    pub(super) fn signed(&mut self) -> Result<i64, ReadError> {
        whole(self.number()?).ok_or(ReadError)
    }

    /// The text of a number.
    pub(super) fn number(&mut self) -> Result<&'de str, ReadError> {
        self.token();
        let rest = self.rest();
        let start = self.at;
        if self.byte() == b'-' {
            self.at += 1;
        }
        let leads_with_zero = self.byte() == b'0';
        let whole = self.digits()?;
        if leads_with_zero && whole > 1 {
            return Err(ReadError);
        }
        if self.byte() == b'.' {
            self.at += 1;
            self.digits()?;
        }
        if let b'e' | b'E' = self.byte() {
            self.at += 1;
            if let b'+' | b'-' = self.byte() {
                self.at += 1;
            }
            self.digits()?;
        }
        rest.get(..self.at - start).ok_or(ReadError)
    }

    /// Reads one or more digits. Returns their number.
    fn digits(&mut self) -> Result<usize, ReadError> {
        let start = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        if self.at > start { Ok(self.at - start) } else { Err(ReadError) }
    }

    /// A string; borrowed if it has no escapes.
    pub(super) fn string(&mut self) -> Result<Cow<'de, str>, ReadError> {
        self.expect(b'"')?;
        let mut text = Cow::Borrowed("");
        loop {
            let plain = self.plain()?;
            if text.is_empty() {
                text = Cow::Borrowed(plain);
            } else {
                text.to_mut().push_str(plain);
            }
            self.at += 1;
            if self.text.as_bytes().get(self.at - 1) == Some(&b'"') {
                return Ok(text);
            }
            text.to_mut().push(self.escaped()?);
        }
    }

    /// The text before the next quotation mark or backslash.
    fn plain(&mut self) -> Result<&'de str, ReadError> {
        let rest = self.rest();
        let len = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let len = len.ok_or(ReadError)?;
        self.at += len;
        if self.byte() < 0x20 { Err(ReadError) } else { rest.get(..len).ok_or(ReadError) }
    }

    /// The character of an escape, after its backslash.
    fn escaped(&mut self) -> Result<char, ReadError> {
        let kind = self.byte();
        self.at += 1;
        Ok(match kind {
            b'"' | b'\\' | b'/' => char::from(kind),
            b'b' => '\u{8}',
            b'f' => '\u{c}',
            b'n' => '\n',
            b'r' => '\r',
            b't' => '\t',
            b'u' => {
                let mut code = self.hex()?;
                // The high half of a surrogate pair; the low half must follow.
                if (0xd800..0xdc00).contains(&code) {
                    self.word("\\u")?;
                    let low = self.hex()?.checked_sub(0xdc00).filter(|low| *low < 0x400);
                    code = 0x1_0000 + ((code - 0xd800) << 10) + low.ok_or(ReadError)?;
                }
                char::from_u32(code).ok_or(ReadError)?
            }
            _ => return Err(ReadError),
        })
    }

    fn hex(&mut self) -> Result<u32, ReadError> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.byte()).to_digit(16).ok_or(ReadError)?;
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    /// Reads and drops a value of any kind.
    /// The text of the next value.
    pub(super) fn raw(&mut self) -> Result<&'de str, ReadError> {
        self.token();
        let start = self.at;
        self.skip()?;
        self.text.get(start..self.at).ok_or(ReadError)
    }

    pub(super) fn skip(&mut self) -> Result<(), ReadError> {
        let end = match self.token() {
            b'"' => return self.string().map(drop),
            b'{' => b'}',
            b'[' => b']',
            b't' | b'f' => return self.flag().map(drop),
            b'n' => return self.null(),
            _ => return self.number().map(drop),
        };
        self.nest(1)?;
        self.at += 1;
        let mut is_first = true;
        while self.token() != end {
            if !std::mem::take(&mut is_first) {
                self.expect(b',')?;
            }
            if end == b'}' {
                self.string()?;
                self.expect(b':')?;
            }
            self.skip()?;
        }
        self.unnest(1);
        self.expect(end)
    }
}

/// A signed whole number. As in `serde_json`, `-0` is a float.
pub(super) fn whole(number: &str) -> Option<i64> {
    number.parse().ok().filter(|_| number != "-0")
}

/// The value of a number's text. It is exact for up to fifteen digits and exponents from -22 to 22,
/// because both the digits and the power of ten are then exact floats. Other values may differ in the
/// last digits. The exact algorithm (`str::parse`) brings tables of ten kilobytes.
#[expect(clippy::cast_precision_loss, reason = "the documentation states the loss")]
pub(super) fn float(number: &str) -> Result<f64, ReadError> {
    let mut digits: u64 = 0;
    let mut power: i32 = 0;
    let mut is_fraction = false;
    for byte in number.bytes() {
        match byte {
            b'0'..=b'9' => {
                // Digits beyond the capacity are too small to matter.
                match digits.checked_mul(10).and_then(|it| it.checked_add(u64::from(byte - b'0'))) {
                    Some(more) => {
                        digits = more;
                        power -= i32::from(is_fraction);
                    }
                    None => power += i32::from(!is_fraction),
                }
            }
            b'.' => is_fraction = true,
            b'e' | b'E' => break,
            _ => {}
        }
    }
    if let Some(exponent) = number.split(['e', 'E']).nth(1) {
        // An exponent out of range means zero or infinity.
        let beyond = if exponent.starts_with('-') { i32::MIN } else { i32::MAX };
        power = power.saturating_add(exponent.parse().unwrap_or(beyond));
    }
    let scale = 10_f64.powi(power.unsigned_abs().min(400).cast_signed());
    let size = digits as f64;
    let size = match power {
        _ if digits == 0 => 0.0,
        ..0 => size / scale,
        _ => size * scale,
    };
    if !size.is_finite() {
        return Err(ReadError);
    }
    Ok(if number.starts_with('-') { -size } else { size })
}
