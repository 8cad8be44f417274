//! The values that stand in the heads of `.npy` files, as literals of Python, and of safetensors files, as
//! JSON: what the heads of numbers have of both. Anything else is refused; nesting is bounded.

/// A value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Literal {
    /// Its escapes are those of JSON; one that JSON has not stays as it is.
    Text(String),
    Bool(bool),
    /// An integer that is not negative.
    Number(u64),
    /// A tuple or a list.
    List(Vec<Literal>),
    /// Entries in order.
    Dictionary(Vec<(String, Literal)>),
}

/// The deepest nesting: types of fields within types of fields.
const MAX_DEPTH: usize = 32;

impl Literal {
    /// The literal that a text is, space around it aside.
    pub fn parse(text: &str) -> Option<Literal> {
        let mut parser = Parser { rest: text };
        let literal = parser.literal(0)?;
        parser.skip_space();
        parser.rest.is_empty().then_some(literal)
    }
}

struct Parser<'t> {
    rest: &'t str,
}

impl Parser<'_> {
    fn skip_space(&mut self) {
        self.rest = self.rest.trim_start_matches([' ', '\t', '\n', '\r']);
    }

    fn eat(&mut self, token: &str) -> bool {
        self.skip_space();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn literal(&mut self, depth: usize) -> Option<Literal> {
        if depth > MAX_DEPTH {
            return None;
        }
        self.skip_space();
        match self.rest.chars().next()? {
            '{' => self.dictionary(depth),
            '(' => self.list(depth, ")"),
            '[' => self.list(depth, "]"),
            '\'' | '"' => self.text().map(Literal::Text),
            '0'..='9' => self.number(),
            _ if self.eat("True") => Some(Literal::Bool(true)),
            _ if self.eat("False") => Some(Literal::Bool(false)),
            _ => None,
        }
    }

    fn dictionary(&mut self, depth: usize) -> Option<Literal> {
        let mut entries = vec![];
        self.eat("{");
        while !self.eat("}") {
            let key = self.text()?;
            let value = self.eat(":").then(|| self.literal(depth + 1))??;
            entries.push((key, value));
            if !self.eat(",") {
                return self.eat("}").then_some(Literal::Dictionary(entries));
            }
        }
        Some(Literal::Dictionary(entries))
    }

    fn list(&mut self, depth: usize, end: &str) -> Option<Literal> {
        let mut items = vec![];
        self.rest = &self.rest[1..];
        while !self.eat(end) {
            items.push(self.literal(depth + 1)?);
            if !self.eat(",") {
                return self.eat(end).then_some(Literal::List(items));
            }
        }
        Some(Literal::List(items))
    }

    fn text(&mut self) -> Option<String> {
        self.skip_space();
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"'))?;
        let mut text = String::new();
        self.rest = &self.rest[1..];
        loop {
            let mut chars = self.rest.chars();
            let c = chars.next()?;
            self.rest = chars.as_str();
            match c {
                '\\' => self.escape(&mut text)?,
                c if c == quote => return Some(text),
                c => text.push(c),
            }
        }
    }

    fn escape(&mut self, text: &mut String) -> Option<()> {
        let mut chars = self.rest.chars();
        let c = chars.next()?;
        self.rest = chars.as_str();
        match c {
            '"' | '\\' | '/' | '\'' => text.push(c),
            'b' => text.push('\u{8}'),
            'f' => text.push('\u{c}'),
            'n' => text.push('\n'),
            'r' => text.push('\r'),
            't' => text.push('\t'),
            'u' => {
                let first = self.unit()?;
                // A character beyond 16 bits is two units.
                let second = (0xd800..0xdc00).contains(&first).then(|| {
                    self.rest = self.rest.strip_prefix("\\u")?;
                    self.unit()
                });
                let units: Vec<u16> = [Some(first), second.flatten()].into_iter().flatten().collect();
                text.push_str(&String::from_utf16(&units).ok()?);
            }
            c => text.extend(['\\', c]),
        }
        Some(())
    }

    /// Four hexadecimal digits.
    fn unit(&mut self) -> Option<u16> {
        let (digits, rest) = self.rest.split_at_checked(4)?;
        self.rest = rest;
        digits.bytes().all(|b| b.is_ascii_hexdigit()).then(|| u16::from_str_radix(digits, 16).ok())?
    }

    fn number(&mut self) -> Option<Literal> {
        let end = self.rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.rest.len());
        let number = self.rest[..end].parse().ok()?;
        // Python 2 wrote long integers with an L.
        self.rest = self.rest[end..].trim_start_matches('L');
        Some(Literal::Number(number))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_heads_are_read() {
        let number = Literal::Number;
        let text = |text: &str| Literal::Text(text.to_owned());
        let cases = [
            ("(2, 3)", Literal::List(vec![number(2), number(3)])),
            (" ( 2L,)\n", Literal::List(vec![number(2)])),
            ("()", Literal::List(vec![])),
            ("'a\\'b'", text("a'b")),
            (r#""\\\"\/\t\u00e9\ud83d\ude00\x""#, text("\\\"/\té😀\\x")),
            ("[('x', '<f4'), (\"y\", \"<i4\", (2,))]", {
                let x = Literal::List(vec![text("x"), text("<f4")]);
                Literal::List(vec![
                    x,
                    Literal::List(vec![text("y"), text("<i4"), Literal::List(vec![number(2)])]),
                ])
            }),
            ("{'é': True, }", Literal::Dictionary(vec![("é".to_owned(), Literal::Bool(true))])),
            ("{'a': {}}", Literal::Dictionary(vec![("a".to_owned(), Literal::Dictionary(vec![]))])),
        ];
        for (text, want) in cases {
            assert_eq!(Literal::parse(text), Some(want), "{text}");
        }
    }

    #[test]
    fn what_is_no_literal_is_refused() {
        let deep = "[".repeat(100_000);
        for text in [
            "",
            "(",
            "(1",
            "(1,,)",
            "(-1,)",
            "{'a'}",
            "{1: 2}",
            "'a",
            "'a\\",
            r#""\ud83d""#,
            r#""\u12""#,
            r#""\u+123""#,
            "1 2",
            "None",
            "99999999999999999999",
            &deep,
        ] {
            assert_eq!(Literal::parse(text), None, "{}", &text[..text.len().min(20)]);
        }
    }
}
