//! Structs as C text.
//!
//! A declaration reads from the inside out: the name, then what surrounds it, which is what [`declare`] does.

use core::fmt::{self, Display, Formatter, Write};

use crate::layout::{Field, Prototype, Struct, Type};

/// Where a comment moves above its field.
const COLUMNS: usize = 110;

impl Display for Struct {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "typedef struct {0} {{\n{1}}} {0};\n", self.name, Lines(self.fields))
    }
}

/// The lines of a struct's fields, as [`Struct::lines`] gives them.
struct Lines<'a>(&'a [Field]);

impl Struct {
    /// The lines that declare the fields. Neighbours of one type of which nothing is said share a line.
    pub fn lines(&self) -> impl Display {
        Lines(self.fields)
    }
}

impl Field {
    /// The line that declares a field under another name.
    pub fn line<'a>(&'a self, name: &'a str) -> impl Display + 'a {
        Line { fields: core::slice::from_ref(self), name }
    }

    fn shares_line_with(&self, other: &Field) -> bool {
        self.ty == other.ty && self.comment.is_empty() && other.comment.is_empty()
    }
}

impl Display for Lines<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let groups = self.0.chunk_by(Field::shares_line_with);
        groups.clone().try_for_each(|fields| Line { fields, name: fields[0].name }.fmt(f))
    }
}

/// Fields of one type and comment in one declaration; `name` is the first one's.
struct Line<'a> {
    fields: &'a [Field],
    name: &'a str,
}

impl Line<'_> {
    fn declaration(&self) -> impl Display {
        fmt::from_fn(|f| {
            declare(f, &self.fields[0].ty, &self.name)?;
            let others = self.fields[1..].iter();
            others.clone().try_for_each(|field| write!(f, ", {}{}", stars(&field.ty), field.name))?;
            f.write_char(';')
        })
    }
}

impl Display for Line<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (declaration, comment) = (self.declaration(), self.fields[0].comment);
        match comment {
            "" => writeln!(f, "  {declaration}"),
            _ if columns(&declaration) + comment.len() + 9 <= COLUMNS => {
                writeln!(f, "  {declaration} /* {comment} */")
            }
            _ => writeln!(f, "  /* {comment} */\n  {declaration}"),
        }
    }
}

/// What stands before the name of a second pointer in one declaration.
fn stars(ty: &Type) -> &'static str {
    if matches!(ty, Type::Pointer { .. }) { "*" } else { "" }
}

fn columns(text: &dyn Display) -> usize {
    struct Count(usize);
    impl Write for Count {
        fn write_str(&mut self, text: &str) -> fmt::Result {
            self.0 += text.len();
            Ok(())
        }
    }
    let mut count = Count(0);
    write!(count, "{text}").expect("invariant: counting does not fail");
    count.0
}

/// Declares what `declarator` names, or surrounds, as something of a type.
fn declare(f: &mut Formatter<'_>, ty: &Type, declarator: &dyn Display) -> fmt::Result {
    match ty {
        Type::Void => write!(f, "void {declarator}"),
        Type::Char => write!(f, "char {declarator}"),
        Type::I32 => write!(f, "int32_t {declarator}"),
        Type::U32 => write!(f, "uint32_t {declarator}"),
        Type::I64 => write!(f, "int64_t {declarator}"),
        Type::U64 => write!(f, "uint64_t {declarator}"),
        Type::Bytes(bytes) => write!(f, "unsigned char {declarator}[{bytes}]"),
        Type::Struct(table) => write!(f, "{} {declarator}", table.name),
        Type::Slot(pointer) => {
            f.write_str("union { ")?;
            declare(f, pointer, &"value")?;
            write!(f, "; uint64_t slot; }} {declarator}")
        }
        Type::Pointer { to, is_const } => pointer(f, to, *is_const, declarator),
        Type::Function(prototype) => function(f, prototype, declarator),
    }
}

/// `const` stands before a name, and behind a star.
fn pointer(f: &mut Formatter<'_>, to: &Type, is_const: bool, declarator: &dyn Display) -> fmt::Result {
    let is_behind = matches!(to, Type::Pointer { .. });
    if is_const && is_behind {
        return declare(f, to, &format_args!("const *{declarator}"));
    }
    f.write_str(if is_const { "const " } else { "" })?;
    declare(f, to, &format_args!("*{declarator}"))
}

fn function(f: &mut Formatter<'_>, prototype: &Prototype, declarator: &dyn Display) -> fmt::Result {
    let parameters = fmt::from_fn(|f| {
        for (index, (name, ty)) in prototype.parameters.iter().enumerate() {
            f.write_str(if index > 0 { ", " } else { "" })?;
            declare(f, ty, name)?;
        }
        f.write_str(if prototype.parameters.is_empty() { "void" } else { "" })
    });
    declare(f, &prototype.returns, &format_args!("(*{declarator})({parameters})"))
}
