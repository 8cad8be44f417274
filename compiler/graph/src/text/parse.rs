//! Reads the text form, line by line, without recursion; see [the form](super).

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use tgc_scalar::dtype::DType;

use super::VERSION;
use super::attributes::{Call, Context, Value, Written, array, operation, unknown_operation};
use super::cursor::{Cursor, Step};
use super::error::{Diagnostic, ParseError, ParseErrorKind, did_you_mean};
use super::lex::{Kind, Token, lex};
use super::locate::{Lines, located};
use super::print::{default_inputs, shape_text};
use super::size::{Sizes, SymbolIds};
use crate::array::Array;
use crate::dim::{Symbol, SymbolId, Symbols};
use crate::graph::{Graph, NodeId};
use crate::infer::{Equation, TypeError};
use crate::limits::{MAX_EQUATIONS, MAX_FILL_BYTES, MAX_OPERANDS, array_bytes};
use crate::module::{Function, Module, Output, SharedVariable, Update};
use crate::ops::Op;
use crate::origin::Origin;
use crate::ty::{MAX_RANK, TensorType};
use crate::verify::verify;

/// Reads a module.
///
/// # Errors
///
/// The first thing that is wrong, with its line and column.
pub fn parse(text: &str) -> Result<Module, ParseError> {
    let mut reader = Reader::new();
    reader.read(text)?;
    Ok(reader.module)
}

/// Reads a module and [verifies](crate::verify) it.
///
/// # Errors
///
/// The first thing that is wrong, with its line and column.
pub fn parse_verified(text: &str) -> Result<Module, ParseError> {
    let mut reader = Reader::new();
    reader.read(text)?;
    match verify(&reader.module) {
        Ok(()) => Ok(reader.module),
        Err(error) => Err(located(text, &reader.module, &reader.lines, &error)),
    }
}

/// Reads one function of a model with these shared variables.
///
/// # Errors
///
/// The first thing that is wrong, with its line and column.
pub fn parse_function(text: &str, shared: &[SharedVariable]) -> Result<Function, ParseError> {
    let mut reader = Reader { has_header: true, ..Reader::new() };
    for variable in shared {
        reader.shared.insert(variable.name.clone(), reader.shared.len());
    }
    reader.read(text)?;
    match reader.module.functions.pop() {
        Some(function) => Ok(function),
        None => Err(at_end(text, "`function`")),
    }
}

struct Reader {
    module: Module,
    has_header: bool,
    /// Shared variables by name.
    shared: HashMap<String, usize>,
    functions: HashSet<String>,
    /// Bytes of initial values that were given as one value.
    filled: usize,
    /// The function that is being read.
    body: Option<Body>,
    /// Of the functions before it.
    lines: Lines,
}

/// A function that is being read.
#[derive(Default)]
struct Body {
    name: String,
    graph: Graph,
    /// The nodes by their numbers in the text.
    nodes: Vec<NodeId>,
    symbols: SymbolIds,
    inputs: Option<Vec<NodeId>>,
    outputs: Vec<Output>,
    updates: Vec<Update>,
    names: HashSet<String>,
    files: HashMap<String, Arc<str>>,
    /// The line of each node, from 0.
    lines: Vec<usize>,
}

/// The error for a text that ends too early.
fn at_end(text: &str, expected: &str) -> ParseError {
    let (number, line) = text.lines().enumerate().last().unwrap_or((0, ""));
    let (found, expected) = ("the end of the text".to_owned(), expected.to_owned());
    Diagnostic::new(line.len(), ParseErrorKind::Found { found, expected }).in_line(number + 1, line)
}

impl Reader {
    fn new() -> Reader {
        Reader {
            module: Module { name: String::new(), shared: vec![], functions: vec![] },
            has_header: false,
            shared: HashMap::new(),
            functions: HashSet::new(),
            filled: 0,
            body: None,
            lines: vec![],
        }
    }

    fn read(&mut self, text: &str) -> Result<(), ParseError> {
        let mut tokens: Vec<Token<'_>> = vec![];
        // Some editors begin a text with a mark of its bytes' order.
        for (i, line) in text.strip_prefix('\u{feff}').unwrap_or(text).lines().enumerate() {
            tokens.clear();
            lex(line, &mut tokens)
                .and_then(|()| self.line(i, Cursor::new(&tokens, line.len())))
                .map_err(|diagnostic| diagnostic.in_line(i + 1, line))?;
        }
        match (self.has_header, &self.body) {
            (true, None) => Ok(()),
            (true, Some(_)) => Err(at_end(text, "`end` of the function")),
            (false, _) => Err(at_end(text, "a first line such as `tgc 1 model \"name\"`")),
        }
    }

    fn line(&mut self, number: usize, mut cursor: Cursor<'_, '_>) -> Step<()> {
        if cursor.is_done() {
            return Ok(());
        }
        match &mut self.body {
            _ if !self.has_header => self.header(&mut cursor)?,
            Some(body) if cursor.take("end") => {
                let mut body = std::mem::take(body);
                self.lines.push(std::mem::take(&mut body.lines));
                self.module.functions.push(body.finish());
                self.body = None;
            }
            Some(body) => {
                body.line(&mut cursor, &self.shared)?;
                body.lines.resize(body.graph.len(), number);
            }
            None if cursor.take("shared") => self.shared_variable(&mut cursor)?,
            None if cursor.take("function") => self.function(&mut cursor)?,
            None => return cursor.expected("`shared` or `function`"),
        }
        cursor.finish()
    }

    fn header(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<()> {
        if !cursor.take("tgc") {
            return cursor.expected("a first line such as `tgc 1 model \"name\"`");
        }
        let here = *cursor;
        let version = cursor.number("the version of the text form")?;
        if version != VERSION.to_string() {
            return here.refuse(ParseErrorKind::Version(version.to_owned()));
        }
        cursor.need("model")?;
        self.module.name = cursor.quoted("the model's name in quotes")?;
        self.has_header = true;
        Ok(())
    }

    fn shared_variable(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<()> {
        let here = *cursor;
        let name = cursor.quoted("the shared variable's name in quotes")?;
        cursor.need(":")?;
        let place = *cursor;
        let ty = cursor.ty(Sizes { ids: &SymbolIds::new(), table: &Symbols::default() })?;
        let Some(shape) = ty.static_shape() else {
            return place.expected("a static shape");
        };
        cursor.need("=")?;
        let initial = match cursor.take("[") {
            true => array(cursor, ty.dtype, &shape)?,
            false => self.fill(cursor, ty.dtype, &shape)?,
        };
        if self.shared.insert(name.clone(), self.module.shared.len()).is_some() {
            return here.refuse(ParseErrorKind::Twice { what: "shared variable", name });
        }
        self.module.shared.push(SharedVariable { name, initial });
        Ok(())
    }

    /// One value for every element.
    fn fill(&mut self, cursor: &mut Cursor<'_, '_>, dtype: DType, shape: &[usize]) -> Step<Array> {
        let here = *cursor;
        let parts = cursor.element(dtype)?;
        let bytes = array_bytes(dtype, shape).filter(|bytes| *bytes <= MAX_FILL_BYTES - self.filled);
        let Some(bytes) = bytes else {
            return here.refuse(ParseErrorKind::Limit(format!(
                "{} from one value is too large; all such variables together hold at most {MAX_FILL_BYTES} bytes, \
                 so list the elements",
                shape_text(dtype, shape)
            )));
        };
        self.filled += bytes;
        Ok(Array::splat(dtype, shape, parts))
    }

    fn function(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<()> {
        let here = *cursor;
        let name = cursor.quoted("the function's name in quotes")?;
        if !self.functions.insert(name.clone()) {
            return here.refuse(ParseErrorKind::Twice { what: "function", name });
        }
        self.body = Some(Body { name, ..Body::default() });
        Ok(())
    }
}

impl Body {
    fn line(&mut self, cursor: &mut Cursor<'_, '_>, shared: &HashMap<String, usize>) -> Step<()> {
        match cursor.peek() {
            Some(Token { kind: Kind::Node, .. }) => self.node(cursor),
            _ if cursor.take("size") => self.size(cursor),
            _ if cursor.take("check") => self.check(cursor),
            _ if cursor.take("inputs") => self.inputs(cursor),
            _ if cursor.take("output") => self.output(cursor),
            _ if cursor.take("update") => self.update(cursor, shared),
            _ => cursor
                .expected("a node such as `%0 = …`, `size`, `check`, `inputs`, `output`, `update` or `end`"),
        }
    }

    fn sizes(&self) -> Sizes<'_> {
        Sizes { ids: &self.symbols, table: &self.graph.scope.symbols }
    }

    /// `N 0..1048576 hint 400`
    fn size(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<()> {
        let here = *cursor;
        let mut symbol = Symbol::new(cursor.symbol_name("the size's name")?);
        if !cursor.is_done() && !cursor.is("hint") {
            symbol.min = cursor.integer("the smallest size")?;
            cursor.need("..")?;
            symbol.max = cursor.integer("the largest size")?;
        }
        if cursor.take("hint") {
            symbol.hint = Some(cursor.integer("the size to tune for")?);
        }
        let name = symbol.name.clone();
        if self.symbols.insert(name.clone(), SymbolId(self.graph.scope.symbols.len() as u32)).is_some() {
            return here.refuse(ParseErrorKind::Twice { what: "size", name });
        }
        self.graph.scope.symbols.push(symbol);
        Ok(())
    }

    /// `"y axis 0" 2*N == "x axis 0" M`; `"x axis 0" min(N, 3) == "the least" 3` says that `N` is at least 3.
    fn check(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<()> {
        let what = "what has this size, in quotes";
        if self.graph.scope.equations.known.len() == MAX_EQUATIONS {
            return cursor
                .refuse(ParseErrorKind::Limit(format!("there are more than {MAX_EQUATIONS} checks")));
        }
        let left_name = cursor.quoted(what)?;
        let left = cursor.dim(self.sizes())?;
        cursor.need("==")?;
        let right_name = cursor.quoted(what)?;
        let right = cursor.dim(self.sizes())?;
        self.graph.scope.equations.known.push(Equation { left, right, left_name, right_name });
        Ok(())
    }

    fn inputs(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<()> {
        if self.inputs.is_some() {
            return cursor.expected("one line `inputs`");
        }
        let mut inputs = vec![];
        while !cursor.is_done() {
            inputs.push(cursor.node(&self.nodes)?);
            if !cursor.is_done() {
                cursor.need(",")?;
            }
        }
        self.inputs = Some(inputs);
        Ok(())
    }

    fn output(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<()> {
        let here = *cursor;
        let name = cursor.quoted("the output's name in quotes")?;
        cursor.need("=")?;
        let node = cursor.node(&self.nodes)?;
        if !self.names.insert(name.clone()) {
            return here.refuse(ParseErrorKind::Twice { what: "output", name });
        }
        self.outputs.push(Output { name, node });
        Ok(())
    }

    fn update(&mut self, cursor: &mut Cursor<'_, '_>, shared: &HashMap<String, usize>) -> Step<()> {
        let here = *cursor;
        let name = cursor.quoted("the shared variable's name in quotes")?;
        let Some(&index) = shared.get(&name) else {
            let mut names: Vec<&str> = shared.keys().map(String::as_str).collect();
            names.sort_unstable();
            let suggestion = did_you_mean(&name, names.into_iter());
            return here.refuse(ParseErrorKind::Unknown { what: "shared variable", name, suggestion });
        };
        cursor.need("=")?;
        let node = cursor.node(&self.nodes)?;
        self.updates.push(Update { shared: index, node });
        Ok(())
    }

    fn node(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<()> {
        let here = *cursor;
        let expected = self.nodes.len();
        let number = cursor.node_number()?;
        if number.parse() != Ok(expected) {
            return here.refuse(ParseErrorKind::Number { found: number.to_owned(), expected });
        }
        cursor.need("=")?;
        let at = cursor.at();
        let name = cursor.word("an operation")?;
        if !Op::NAMES.contains(&name) {
            return Err(unknown_operation(name, at));
        }
        let operands = self.operands(cursor, at + name.len())?;
        let bare = match operands.is_none() && !cursor.is_done() && !cursor.is(":") && !cursor.is("@") {
            true => Some(value(cursor)?),
            false => None,
        };
        let call = Call { name, at, bare, attributes: attributes(cursor)? };
        let place = *cursor;
        let ty = match cursor.take(":") {
            true => Some(cursor.ty(self.sizes())?),
            false => None,
        };
        let origin = self.origin(cursor)?;
        self.graph.set_origin(origin);
        let mut context = Context {
            sizes: Sizes { ids: &self.symbols, table: &self.graph.scope.symbols },
            ty: ty.as_ref(),
            data: &mut self.graph.scope.data,
        };
        let op = operation(call, &mut context)?;
        // A value that an earlier line has already gets one more number.
        let id = self.add(op, &operands.unwrap_or_default(), at)?;
        self.nodes.push(id);
        self.check_type(id, ty.as_ref(), &place)
    }

    /// The operands of an operation whose name ends at `end`.
    fn operands(&self, cursor: &mut Cursor<'_, '_>, end: usize) -> Step<Option<Vec<NodeId>>> {
        // A space tells `size (N + 1) // 2`, whose value begins with a parenthesis.
        let next = cursor.second().is_some_and(|t| t.kind == Kind::Node || t.text == ")");
        if !cursor.is("(") || cursor.at() > end && !next {
            return Ok(None);
        }
        cursor.bump();
        let mut operands = vec![];
        while !cursor.take(")") {
            if !operands.is_empty() {
                cursor.need(",")?;
            }
            if operands.len() == MAX_OPERANDS {
                let kind = format!("the node has more than {MAX_OPERANDS} operands; join some of them first");
                return cursor.refuse(ParseErrorKind::Limit(kind));
            }
            operands.push(cursor.node(&self.nodes)?);
            if !cursor.is(",") && !cursor.is(")") {
                return cursor.expected("`,` or `)`");
            }
        }
        Ok(Some(operands))
    }

    fn add(&mut self, op: Op, operands: &[NodeId], at: usize) -> Step<NodeId> {
        let added = self.graph.add(op, operands);
        added.map_err(|error| Diagnostic::new(at, ParseErrorKind::Operands(self.describe(&error, operands))))
    }

    /// An error with operands by number, each with its type where it is named first.
    fn describe(&self, error: &TypeError, operands: &[NodeId]) -> String {
        let named = RefCell::new(BTreeSet::new());
        error.describe(&|i| {
            let operand = operands.get(i).map(|id| (id, self.nodes.iter().position(|node| node == id)));
            match operand {
                Some((id, Some(number))) if named.borrow_mut().insert(number) => {
                    format!("%{number} ({})", self.graph.ty(*id).display(&self.graph.scope.symbols))
                }
                Some((_, Some(number))) => format!("%{number}"),
                _ => format!("operand {i}"),
            }
        })
    }

    fn check_type(&self, id: NodeId, written: Option<&TensorType>, place: &Cursor<'_, '_>) -> Step<()> {
        let inferred = self.graph.ty(id);
        if inferred.rank() > MAX_RANK {
            let rank = inferred.rank();
            return place.refuse(ParseErrorKind::Limit(format!(
                "the result has {rank} axes, and {MAX_RANK} is the most"
            )));
        }
        match written {
            Some(written) if written != inferred => place.refuse(ParseErrorKind::Type {
                written: written.display(&self.graph.scope.symbols).to_string(),
                inferred: inferred.display(&self.graph.scope.symbols).to_string(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// `@ file:line:column "name"`, with as much of it as is known, if it is there.
    fn origin(&mut self, cursor: &mut Cursor<'_, '_>) -> Step<Origin> {
        if !cursor.take("@") {
            return Ok(Origin::unknown());
        }
        let origin = match cursor.peek() {
            Some(Token { kind: Kind::Quoted, .. }) => {
                let text = cursor.quoted("a file or a name")?;
                if !cursor.take(":") {
                    return Ok(Origin::name_only(text));
                }
                let origin = Origin::new(self.file(&text), cursor.small("a line")?);
                if cursor.take(":") { origin.column(cursor.small("a column")?) } else { origin }
            }
            _ => {
                let here = *cursor;
                let Some((file, line, column)) = place(cursor.path()?) else {
                    return here.expected("file:line");
                };
                Origin::new(self.file(file), line).column(column)
            }
        };
        match cursor.peek() {
            Some(Token { kind: Kind::Quoted, .. }) => Ok(origin.named(cursor.quoted("a name")?)),
            _ => Ok(origin),
        }
    }

    /// The one copy of a file's name.
    fn file(&mut self, file: &str) -> Arc<str> {
        self.files.entry(file.to_owned()).or_insert_with_key(|file| Arc::from(file.as_str())).clone()
    }

    fn finish(self) -> Function {
        let inputs = self.inputs.unwrap_or_else(|| default_inputs(&self.graph));
        let Body { name, graph, outputs, updates, .. } = self;
        Function { name, graph, inputs, outputs, updates }
    }
}

/// The tokens of a value whose kind is not known yet.
fn value<'t, 'a>(cursor: &mut Cursor<'t, 'a>) -> Step<Cursor<'t, 'a>> {
    let start = *cursor;
    cursor.skip_value()?;
    Ok(start.up_to(cursor))
}

/// `name=value` and bare names.
fn attributes<'t, 'a>(cursor: &mut Cursor<'t, 'a>) -> Step<Vec<Written<'t, 'a>>> {
    let mut attributes = vec![];
    while let Some(Token { kind: Kind::Word, text, at }) = cursor.peek() {
        cursor.bump();
        let value = match cursor.take("=") {
            true => Value::Tokens(value(cursor)?),
            false => Value::Flag,
        };
        attributes.push(Written { name: text.to_owned(), at, value });
    }
    Ok(attributes)
}

/// The parts of `file:line` or `file:line:column`.
fn place(path: &str) -> Option<(&str, u32, u32)> {
    let (before, last) = path.rsplit_once(':')?;
    let last = last.parse().ok()?;
    match before.rsplit_once(':').and_then(|(file, line)| Some((file, line.parse().ok()?))) {
        Some((file, line)) => Some((file, line, last)),
        None => Some((before, last, 0)),
    }
}
