//! What a reader does whatever the type: tokens, strings and numbers (RFC 8259).

use std::borrow::Cow;

use super::{DEPTH, Fault, Reader};

impl<'de> Reader<'de> {
    pub(in crate::compact) fn new(text: &'de str) -> Self {
        Self { text, at: 0, depth: 0 }
    }

    /// How far the text was read, in bytes.
    pub(in crate::compact) fn at(&self) -> usize {
        self.at
    }

    /// Nothing may follow.
    pub(in crate::compact) fn end(&mut self) -> Result<(), Fault> {
        self.token();
        if self.at == self.text.len() { Ok(()) } else { Err(Fault) }
    }

    fn byte(&self) -> u8 {
        // Zero stands for the end; in JSON it stands nowhere.
        self.text.as_bytes().get(self.at).copied().unwrap_or(0)
    }

    /// The first byte of the next token.
    pub(super) fn token(&mut self) -> u8 {
        while let b' ' | b'\n' | b'\r' | b'\t' = self.byte() {
            self.at += 1;
        }
        self.byte()
    }

    /// Takes a token of one byte.
    pub(super) fn expect(&mut self, byte: u8) -> Result<(), Fault> {
        if self.token() != byte {
            return Err(Fault);
        }
        self.at += 1;
        Ok(())
    }

    fn word(&mut self, word: &str) -> Result<(), Fault> {
        if !self.rest().starts_with(word) {
            return Err(Fault);
        }
        self.at += word.len();
        Ok(())
    }

    fn rest(&self) -> &'de str {
        self.text.get(self.at..).unwrap_or_default()
    }

    pub(super) fn flag(&mut self) -> Result<bool, Fault> {
        let is_true = self.token() == b't';
        self.word(if is_true { "true" } else { "false" })?;
        Ok(is_true)
    }

    pub(super) fn null(&mut self) -> Result<(), Fault> {
        self.token();
        self.word("null")
    }

    /// Takes a `null`, if it is one.
    pub(super) fn is_null(&mut self) -> Result<bool, Fault> {
        if self.token() != b'n' {
            return Ok(false);
        }
        self.null().map(|()| true)
    }

    pub(super) fn unsigned(&mut self) -> Result<u64, Fault> {
        self.number()?.parse().map_err(|_| Fault)
    }

    pub(super) fn signed(&mut self) -> Result<i64, Fault> {
        whole(self.number()?).ok_or(Fault)
    }

    /// The text of a number.
    pub(super) fn number(&mut self) -> Result<&'de str, Fault> {
        self.token();
        let rest = self.rest();
        let start = self.at;
        if self.byte() == b'-' {
            self.at += 1;
        }
        let leads_with_zero = self.byte() == b'0';
        let whole = self.digits()?;
        if leads_with_zero && whole > 1 {
            return Err(Fault);
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
        rest.get(..self.at - start).ok_or(Fault)
    }

    /// Takes one digit or more; says how many.
    fn digits(&mut self) -> Result<usize, Fault> {
        let start = self.at;
        while self.byte().is_ascii_digit() {
            self.at += 1;
        }
        if self.at > start { Ok(self.at - start) } else { Err(Fault) }
    }

    /// A string, borrowed where it is written as it is.
    pub(super) fn string(&mut self) -> Result<Cow<'de, str>, Fault> {
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

    /// What stands before the next quotation mark or backslash.
    fn plain(&mut self) -> Result<&'de str, Fault> {
        let rest = self.rest();
        let len = rest.bytes().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20));
        let len = len.ok_or(Fault)?;
        self.at += len;
        if self.byte() < 0x20 { Err(Fault) } else { rest.get(..len).ok_or(Fault) }
    }

    /// What a backslash stands before.
    fn escaped(&mut self) -> Result<char, Fault> {
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
                // Half of a pair; the other half must follow.
                if (0xd800..0xdc00).contains(&code) {
                    self.word("\\u")?;
                    let low = self.hex()?.checked_sub(0xdc00).filter(|low| *low < 0x400);
                    code = 0x1_0000 + ((code - 0xd800) << 10) + low.ok_or(Fault)?;
                }
                char::from_u32(code).ok_or(Fault)?
            }
            _ => return Err(Fault),
        })
    }

    fn hex(&mut self) -> Result<u32, Fault> {
        let mut code = 0;
        for _ in 0..4 {
            let digit = char::from(self.byte()).to_digit(16).ok_or(Fault)?;
            code = code * 16 + digit;
            self.at += 1;
        }
        Ok(code)
    }

    /// Takes a value, whatever it is.
    pub(super) fn skip(&mut self) -> Result<(), Fault> {
        let end = match self.token() {
            b'"' => return self.string().map(drop),
            b'{' => b'}',
            b'[' => b']',
            b't' | b'f' => return self.flag().map(drop),
            b'n' => return self.null(),
            _ => return self.number().map(drop),
        };
        self.depth += 1;
        if self.depth > DEPTH {
            return Err(Fault);
        }
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
        self.depth -= 1;
        self.expect(end)
    }
}

/// A whole number, with its sign. `-0` is none, but a float: `serde_json` has it so.
pub(super) fn whole(number: &str) -> Option<i64> {
    number.parse().ok().filter(|_| number != "-0")
}

/// The value of a number's text. Exact for up to fifteen digits with an exponent of up to 22 either way,
/// which is where both the digits and the power of ten are floats; off by a few last places beyond. The
/// exact way for all (`str::parse`) brings tables of ten kilobytes.
#[expect(clippy::cast_precision_loss, reason = "it says so")]
pub(super) fn float(number: &str) -> Result<f64, Fault> {
    let mut digits: u64 = 0;
    let mut power: i32 = 0;
    let mut is_fraction = false;
    for byte in number.bytes() {
        match byte {
            b'0'..=b'9' => {
                // Digits that have no room any more are too small to matter.
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
        // One with more digits than an exponent can have means nothing, or more than there is.
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
        return Err(Fault);
    }
    Ok(if number.starts_with('-') { -size } else { size })
}
