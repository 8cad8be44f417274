//! Short programs as expressions.

use tgc_scalar::{Binary, Inst, Predicate, Program, Unary, Value, constant_to_text};

/// The text of a parameter.
#[derive(Clone, Debug)]
pub(super) struct Leaf(String);

impl Leaf {
    pub(super) fn new(text: String) -> Leaf {
        Leaf(text)
    }

    pub(super) fn text(&self) -> &str {
        &self.0
    }
}

/// `let name = value`.
pub(super) struct Statement {
    pub name: String,
    pub value: String,
}

/// More than this many operations are counted rather than printed.
const MOST_OPERATIONS: usize = 16;

/// A program that would be hard to read as expressions.
pub(super) fn long(program: &Program) -> bool {
    program.insts.iter().filter(|(inst, _)| !is_leaf(inst)).count() > MOST_OPERATIONS
}

/// Each result as text, after statements for the values that are used more than once. `named` numbers them.
pub(super) fn expressions(
    program: &Program,
    params: &[Leaf],
    named: &mut usize,
) -> (Vec<Statement>, Vec<String>) {
    let mut uses = vec![0; program.insts.len()];
    let operands = program.insts.iter().flat_map(|(inst, _)| inst.operands());
    for value in operands.chain(program.results.iter().flat_map(|e| e.parts().to_vec())) {
        uses[value.0 as usize] += 1;
    }
    let mut texts: Vec<Text> = vec![];
    let mut lets = vec![];
    for (i, (inst, _)) in program.insts.iter().enumerate() {
        let mut text = inst_to_text(program, i, params, &texts);
        if uses[i] > 1 && !is_leaf(inst) {
            let name = format!("t{named}");
            *named += 1;
            lets.push(Statement { name: name.clone(), value: text.text });
            text = Text { text: name, strength: ATOM };
        }
        texts.push(text);
    }
    let results = program.results.iter().map(|element| {
        let parts: Vec<&str> = element.parts().iter().map(|v| texts[v.0 as usize].text.as_str()).collect();
        match parts.as_slice() {
            [value] => (*value).to_owned(),
            _ => format!("({})", parts.join(" : ")),
        }
    });
    (lets, results.collect())
}

fn is_leaf(inst: &Inst) -> bool {
    matches!(inst, Inst::Param { .. } | Inst::Const(_))
}

/// An expression and how strongly its outermost operator binds.
struct Text {
    text: String,
    strength: u8,
}

const ATOM: u8 = 4;
const PREFIX: u8 = 3;
const PRODUCT: u8 = 2;
const SUM: u8 = 1;
const OTHER: u8 = 0;

fn inst_to_text(program: &Program, at: usize, params: &[Leaf], texts: &[Text]) -> Text {
    let (inst, scalar) = &program.insts[at];
    let plain = |v: Value| texts[v.0 as usize].text.as_str();
    let atom = |text: String| Text { text, strength: ATOM };
    let infix = |a: Value, operator: &str, b: Value, strength: u8| Text {
        text: format!("{} {operator} {}", bound(texts, a, strength), bound(texts, b, strength + 1)),
        strength,
    };
    match *inst {
        Inst::Param { index, part } => {
            let leaf = params[index as usize].text();
            match (program.params[index as usize].parts(), part) {
                (1, _) => atom(leaf.to_owned()),
                (_, 0) => atom(format!("{leaf}.re")),
                (_, _) => atom(format!("{leaf}.im")),
            }
        }
        Inst::Const(bits) => atom(constant_to_text(*scalar, bits)),
        Inst::Unary(Unary::Neg, a) => {
            Text { text: format!("-{}", bound(texts, a, PREFIX)), strength: PREFIX }
        }
        Inst::Unary(Unary::Not, a) => {
            Text { text: format!("!{}", bound(texts, a, PREFIX)), strength: PREFIX }
        }
        Inst::Unary(op, a) => atom(format!("{}({})", op.name(), plain(a))),
        Inst::Binary(op, a, b) => {
            let (operator, strength) = operator(op);
            infix(a, operator, b, strength)
        }
        Inst::Compare(predicate, a, b) => {
            let (a, b) = (bound(texts, a, SUM), bound(texts, b, SUM));
            Text { text: format!("{a} {} {b}", comparison(predicate)), strength: OTHER }
        }
        Inst::Select(c, a, b) => atom(format!("select({}, {}, {})", plain(c), plain(a), plain(b))),
        Inst::Rarely(c, a, b) => atom(format!("rarely({}, {}, {})", plain(c), plain(a), plain(b))),
        Inst::Fma(a, b, c) => atom(format!("fma({}, {}, {})", plain(a), plain(b), plain(c))),
        Inst::Convert(a) => atom(format!("{}({})", scalar.name(), plain(a))),
        Inst::Bitcast(a) => atom(format!("bitcast_{}({})", scalar.name(), plain(a))),
        Inst::Math(function, a) => atom(format!("{}({})", function.name(), plain(a))),
        Inst::Math2(function, a, b) => atom(format!("{}({}, {})", function.name(), plain(a), plain(b))),
        Inst::Math4(function, parts) => atom(format!("{}({})", function.name(), parts.map(plain).join(", "))),
    }
}

/// The operand, in parentheses if it binds less than `strength`.
fn bound(texts: &[Text], value: Value, strength: u8) -> String {
    let Text { text, strength: own } = &texts[value.0 as usize];
    if *own < strength { format!("({text})") } else { text.clone() }
}

fn operator(op: Binary) -> (&'static str, u8) {
    match op {
        Binary::Add => ("+", SUM),
        Binary::Sub => ("-", SUM),
        Binary::Mul => ("*", PRODUCT),
        Binary::Div => ("/", PRODUCT),
        Binary::Rem => ("rem", OTHER),
        Binary::And => ("&", OTHER),
        Binary::Or => ("|", OTHER),
        Binary::Xor => ("^", OTHER),
        Binary::Shl => ("<<", OTHER),
        Binary::Shr => (">>", OTHER),
    }
}

fn comparison(predicate: Predicate) -> &'static str {
    match predicate {
        Predicate::Eq => "==",
        Predicate::Ne => "!=",
        Predicate::Lt => "<",
        Predicate::Le => "<=",
        Predicate::Gt => ">",
        Predicate::Ge => ">=",
    }
}
