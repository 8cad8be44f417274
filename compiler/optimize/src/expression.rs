//! The syntax that patterns and examples share: `dot{0;1;0}(x:[A,B], -y:[B])`.
//!
//! `+ - * /`, prefix `-` and parentheses as usual; `name(…)` is an operation. Only examples use the rest:
//! `name{attributes}(…)`, `x:f32[A,1]` for a variable's type, `2w` for a literal and `2c[3]` for a constant
//! of a shape.

/// An expression as written.
#[derive(Clone, Debug, PartialEq)]
pub enum Expression {
    /// A name, with a type if one is given.
    Variable {
        /// The name.
        name: String,
        /// The type.
        ty: Option<TypeText>,
    },
    /// A number.
    Number {
        /// Its value; `-0` is kept.
        value: f64,
        /// A literal, written `2w`.
        weak: bool,
        /// A shape of its own, written `2c[3]`.
        shape: Option<Vec<String>>,
    },
    /// An operation.
    Call {
        /// Its name.
        name: String,
        /// Its attributes, between braces.
        attributes: Option<String>,
        /// Its operands.
        operands: Vec<Expression>,
    },
}

/// A type as written: sizes are numbers or names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TypeText {
    /// The element type's name, if given.
    pub dtype: Option<String>,
    /// The sizes.
    pub shape: Vec<String>,
}

/// Reads `left => right`, or one expression.
///
/// # Errors
///
/// What was expected, and where.
pub fn parse(text: &str) -> Result<(Expression, Option<Expression>), String> {
    let mut parser = Parser { text, rest: text };
    let left = parser.sum()?;
    let right = if parser.accept("=>") { Some(parser.sum()?) } else { None };
    if parser.rest.trim().is_empty() { Ok((left, right)) } else { Err(parser.error("the end")) }
}

struct Parser<'a> {
    text: &'a str,
    rest: &'a str,
}

impl Parser<'_> {
    fn error(&self, expected: &str) -> String {
        let column = self.text.len() - self.rest.len() + 1;
        format!("`{}`: {expected} expected at column {column}", self.text)
    }

    fn accept(&mut self, token: &str) -> bool {
        self.rest = self.rest.trim_start();
        let rest = self.rest.strip_prefix(token);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn expect(&mut self, token: &str) -> Result<(), String> {
        if self.accept(token) { Ok(()) } else { Err(self.error(token)) }
    }

    /// The longest start of the rest whose characters are these.
    fn take(&mut self, admit: impl Fn(char) -> bool) -> String {
        let (taken, rest) = self.rest.split_at(self.rest.find(|c| !admit(c)).unwrap_or(self.rest.len()));
        self.rest = rest;
        taken.to_owned()
    }

    fn sum(&mut self) -> Result<Expression, String> {
        let mut left = self.product()?;
        loop {
            let name = if self.accept("+") {
                "add"
            } else if self.accept("-") {
                "sub"
            } else {
                return Ok(left);
            };
            left = call(name, vec![left, self.product()?]);
        }
    }

    fn product(&mut self) -> Result<Expression, String> {
        let mut left = self.prefix()?;
        loop {
            let name = if self.accept("*") {
                "mul"
            } else if self.accept("/") {
                "div"
            } else {
                return Ok(left);
            };
            left = call(name, vec![left, self.prefix()?]);
        }
    }

    fn prefix(&mut self) -> Result<Expression, String> {
        if !self.accept("-") {
            return self.primary();
        }
        match self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            true => self.number(-1.0),
            false => Ok(call("neg", vec![self.prefix()?])),
        }
    }

    fn number(&mut self, sign: f64) -> Result<Expression, String> {
        let digits = self.take(|c| c.is_ascii_digit() || c == '.');
        let value: f64 = digits.parse().map_err(|_| self.error("a number"))?;
        let weak = self.rest.starts_with('w') && self.accept("w");
        let shape = if self.rest.starts_with("c[") && self.accept("c[") { Some(self.shape()?) } else { None };
        Ok(Expression::Number { value: sign * value, weak, shape })
    }

    /// Sizes up to the closing bracket.
    fn shape(&mut self) -> Result<Vec<String>, String> {
        let text = self.take(|c| c != ']');
        self.expect("]")?;
        Ok(text.split(',').map(|s| s.trim().to_owned()).filter(|s| !s.is_empty()).collect())
    }

    fn primary(&mut self) -> Result<Expression, String> {
        if self.accept("(") {
            let inner = self.sum()?;
            self.expect(")")?;
            return Ok(inner);
        }
        if self.rest.starts_with(|c: char| c.is_ascii_digit()) {
            return self.number(1.0);
        }
        let name = self.take(|c| c.is_ascii_alphanumeric() || c == '_');
        if name.is_empty() {
            return Err(self.error("an operand"));
        }
        let attributes = match self.rest.starts_with('{') && self.accept("{") {
            true => {
                let text = self.take(|c| c != '}');
                self.expect("}")?;
                Some(text)
            }
            false => None,
        };
        if self.rest.starts_with('(') {
            return Ok(Expression::Call { name, attributes, operands: self.operands()? });
        }
        if attributes.is_some() {
            return Ok(Expression::Call { name, attributes, operands: vec![] });
        }
        let ty = match self.rest.starts_with(':') && self.accept(":") {
            true => {
                let dtype = Some(self.take(|c| c.is_ascii_alphanumeric())).filter(|d| !d.is_empty());
                self.expect("[")?;
                Some(TypeText { dtype, shape: self.shape()? })
            }
            false => None,
        };
        Ok(Expression::Variable { name, ty })
    }

    fn operands(&mut self) -> Result<Vec<Expression>, String> {
        self.expect("(")?;
        let mut operands = vec![self.sum()?];
        while self.accept(",") {
            operands.push(self.sum()?);
        }
        self.expect(")")?;
        Ok(operands)
    }
}

fn call(name: &str, operands: Vec<Expression>) -> Expression {
    Expression::Call { name: name.to_owned(), attributes: None, operands }
}

/// True for the names of variables that stand for constants: `c`, `c1`, `c2`, ….
pub fn is_constant_name(name: &str) -> bool {
    name.strip_prefix('c').is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
}
