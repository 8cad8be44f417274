//! Splits a line into tokens; comments fall away.

use super::error::{Diagnostic, ParseErrorKind};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Letters, digits and underscores.
    Word,
    /// A digit and what belongs to the number; no sign.
    Number,
    /// A string with its quotes.
    Quoted,
    /// `%` and digits; the text is the digits.
    Node,
    /// What follows `@`, up to a space.
    Path,
    /// Anything else: the text says which.
    Mark,
}

/// A piece of a line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Token<'a> {
    pub kind: Kind,
    pub text: &'a str,
    /// Byte in the line.
    pub at: usize,
}

/// Appends the tokens of a line.
pub(super) fn lex<'a>(line: &'a str, tokens: &mut Vec<Token<'a>>) -> Result<(), Diagnostic> {
    let bytes = line.as_bytes();
    let mut at = 0;
    while at < bytes.len() {
        let after_at = tokens.last().is_some_and(|t: &Token<'_>| t.kind == Kind::Mark && t.text == "@");
        let (kind, end) = match bytes[at] {
            b' ' | b'\t' | b'\r' => {
                at += 1;
                continue;
            }
            b';' => break,
            b'"' => (Kind::Quoted, quoted(line, at)?),
            _ if after_at => (Kind::Path, run(bytes, at, |b| !matches!(b, b' ' | b'\t' | b'\r'))),
            b'%' if bytes.get(at + 1).is_some_and(u8::is_ascii_digit) => {
                (Kind::Node, run(bytes, at + 1, |b| b.is_ascii_digit()))
            }
            b if b.is_ascii_digit() => (Kind::Number, number(bytes, at)),
            b if b.is_ascii_alphabetic() || b == b'_' => (Kind::Word, run(bytes, at, is_word_byte)),
            _ => (Kind::Mark, mark(line, at)?),
        };
        let start = if kind == Kind::Node { at + 1 } else { at };
        tokens.push(Token { kind, text: &line[start..end], at });
        at = end;
    }
    Ok(())
}

fn is_word_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

fn run(bytes: &[u8], start: usize, belongs: impl Fn(u8) -> bool) -> usize {
    start + bytes[start..].iter().take_while(|b| belongs(**b)).count()
}

/// Digits, letters, a point that is not the first of `..`, and the sign of an exponent.
fn number(bytes: &[u8], start: usize) -> usize {
    let hexadecimal = bytes[start..].starts_with(b"0x");
    let mut at = start;
    while let Some(&byte) = bytes.get(at) {
        let exponent = !hexadecimal && matches!(byte, b'e' | b'E');
        if byte == b'.' && bytes.get(at + 1) == Some(&b'.') || !(is_word_byte(byte) || byte == b'.') {
            break;
        }
        at += 1;
        if exponent && matches!(bytes.get(at), Some(b'+' | b'-')) {
            at += 1;
        }
    }
    at
}

fn quoted(line: &str, start: usize) -> Result<usize, Diagnostic> {
    let mut escaped = false;
    for (offset, byte) in line.bytes().enumerate().skip(start + 1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return Ok(offset + 1),
            _ => {}
        }
    }
    let found = "a string without an end".to_owned();
    Err(Diagnostic::new(start, ParseErrorKind::Found { found, expected: "`\"` at its end".to_owned() }))
}

fn mark(line: &str, start: usize) -> Result<usize, Diagnostic> {
    let rest = &line[start..];
    let long = ["==", "..", "//"].iter().find(|m| rest.starts_with(**m));
    let short = "=:()[],*+-%@".chars().find(|c| rest.starts_with(*c));
    match (long, short) {
        (Some(mark), _) => Ok(start + mark.len()),
        (None, Some(_)) => Ok(start + 1),
        (None, None) => {
            let odd = rest.chars().next().unwrap_or(' ');
            let found = format!("`{}`", odd.escape_debug());
            Err(Diagnostic::new(
                start,
                ParseErrorKind::Found { found, expected: "a name, number or mark".to_owned() },
            ))
        }
    }
}

/// A string as a token: quotes and backslashes escaped, control characters as `\u{…}`.
pub(super) fn quote(out: &mut String, text: &str) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}') => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out.push('"');
}

/// The inverse of [`quote`]; `None` for an unknown escape.
pub(super) fn unquote(text: &str) -> Option<String> {
    let inner = text.strip_prefix('"')?.strip_suffix('"')?;
    let mut out = String::with_capacity(inner.len());
    let mut chars = inner.chars();
    while let Some(c) = chars.next() {
        out.push(match c {
            '\\' => match chars.next()? {
                'n' => '\n',
                't' => '\t',
                'u' => unicode(&mut chars)?,
                c @ ('"' | '\\') => c,
                _ => return None,
            },
            c => c,
        });
    }
    Some(out)
}

fn unicode(chars: &mut std::str::Chars<'_>) -> Option<char> {
    let (digits, rest) = chars.as_str().strip_prefix('{')?.split_once('}')?;
    *chars = rest.chars();
    char::from_u32(u32::from_str_radix(digits, 16).ok()?)
}
