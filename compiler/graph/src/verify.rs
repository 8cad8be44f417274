//! The verifier: what it accepts, no later stage refuses for the author's reason.
//!
//! It checks names (they go into a C header), sizes (no byte count overflows), references, and every
//! node's type anew by inference. It changes nothing and never panics, whatever the module holds.

pub mod header;
pub mod names;
mod sizes;

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::fmt;

use tgc_scalar::dtype::DType;
use thiserror::Error;

use crate::array::Array;
use crate::dim::{Atom, Dim, Solved, Symbol, Symbols};
use crate::graph::{Graph, Node, NodeId};
use crate::infer::{Constraints, Equation, Equations, Extent, Operand};
use crate::limits::{
    MAX_ARGUMENTS, MAX_ATOMS, MAX_EQUATIONS, MAX_SHAPE_TERMS, MAX_SHARED, MAX_SYMBOLS, MAX_TENSOR_BYTES,
    is_small, undefined_size,
};
use crate::module::{Function, Module, SharedVariable, Update};
use crate::ops::{Constant, Elements, Op, OptionalInput};
use crate::origin::Origin;
use crate::text::mask;
use crate::ty::{MAX_RANK, TensorType};
use header::{HeaderNames, NameError};

pub(crate) use sizes::most_bytes;

/// A node, as messages name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The function.
    pub function: String,
    /// The node.
    pub node: NodeId,
    /// Its operation.
    pub operation: &'static str,
    /// Who asked for it.
    pub origin: Origin,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "function `{}`, %{} {}", self.function, self.node.0, self.operation)?;
        match self.origin.is_unknown() {
            true => Ok(()),
            false => write!(f, " ({})", self.origin),
        }
    }
}

/// Why a module is refused.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum VerifyError {
    /// A name that C does not admit.
    #[error(transparent)]
    Name(#[from] NameError),
    /// More shared variables than a model can have.
    #[error("the model has {found} shared variables, and {MAX_SHARED} is the most; join some of them")]
    Shared {
        /// How many it has.
        found: usize,
    },
    /// A shared variable of too many axes.
    #[error("the shared variable `{name}` has {rank} axes, and {MAX_RANK} is the most; reshape it")]
    Rank {
        /// The variable.
        name: String,
        /// How many axes it has.
        rank: usize,
    },
    /// A shared variable with an element that is no value of its type.
    #[error("the shared variable `{name}` {ODD_BOOL}")]
    Element {
        /// The variable.
        name: String,
    },
    /// A size's range.
    #[error("function `{function}`: the size `{name}` {problem}")]
    Range {
        /// The function.
        function: String,
        /// The size.
        name: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// Something about a function that no node is to blame for.
    #[error("function `{function}`: {problem}")]
    Function {
        /// The function.
        function: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A node whose type, operands or attributes are wrong.
    #[error("{place}: {problem}")]
    Node {
        /// The node.
        place: Box<Place>,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// A tensor that could be too large.
    #[error("{place}: {tensor} can have {bytes} bytes, more than 2^62; {remedy}")]
    TooLarge {
        /// The node.
        place: Box<Place>,
        /// The tensor and its type.
        tensor: String,
        /// How many, or how many at least.
        bytes: String,
        /// Ranges that would do.
        remedy: String,
    },
    /// An update that does not fit its variable.
    #[error("function `{function}`: the update of `{variable}` {problem}")]
    Update {
        /// The function.
        function: String,
        /// The variable.
        variable: String,
        /// What is wrong and what would be right.
        problem: String,
    },
}

impl VerifyError {
    /// The message for those who say themselves where it is: without node and function.
    pub fn without_place(&self) -> String {
        match self {
            VerifyError::Node { place, problem } => format!("{}: {problem}", place.operation),
            VerifyError::TooLarge { tensor, bytes, remedy, .. } => {
                format!("{tensor} can have {bytes} bytes, more than 2^62; {remedy}")
            }
            VerifyError::Name(_)
            | VerifyError::Shared { .. }
            | VerifyError::Rank { .. }
            | VerifyError::Element { .. }
            | VerifyError::Range { .. }
            | VerifyError::Function { .. }
            | VerifyError::Update { .. } => self.to_string(),
        }
    }
}

/// Checks a module.
///
/// # Errors
///
/// The first thing that is wrong, in the order of the module.
pub fn verify(module: &Module) -> Result<(), VerifyError> {
    verify_counts(module)?;
    verify_interface(module)?;
    let shared = by_name(module);
    module.functions.iter().try_for_each(|function| verify_function(module, &shared, function))
}

/// What concerns the functions together.
fn verify_interface(module: &Module) -> Result<(), VerifyError> {
    HeaderNames::of(module).check()?;
    for function in &module.functions {
        function.graph.scope.symbols.iter().try_for_each(|(_, symbol)| verify_range(function, symbol))?;
    }
    for variable in &module.shared {
        let rank = variable.initial.shape().len();
        if rank > MAX_RANK {
            return Err(VerifyError::Rank { name: variable.name.clone(), rank });
        }
        if !variable.initial.is_valid() {
            return Err(VerifyError::Element { name: variable.name.clone() });
        }
    }
    Ok(())
}

/// How many there are of what makes a library longer, before anything is done for each.
fn verify_counts(module: &Module) -> Result<(), VerifyError> {
    let shared = module.shared.len();
    if shared > MAX_SHARED {
        return Err(VerifyError::Shared { found: shared });
    }
    for function in &module.functions {
        let counts = [
            ("sizes", function.graph.scope.symbols.len(), MAX_SYMBOLS),
            ("inputs", function.inputs.len(), MAX_ARGUMENTS),
            ("outputs", function.outputs.len(), MAX_ARGUMENTS),
        ];
        if let Some((what, found, most)) = counts.into_iter().find(|(_, found, most)| found > most) {
            let function = function.name.clone();
            let problem = format!("it has {found} {what}, and {most} is the most");
            return Err(VerifyError::Function { function, problem });
        }
    }
    Ok(())
}

/// Checks a module but for the bodies of all functions before the last.
pub(crate) fn verify_last(module: &Module) -> Result<(), VerifyError> {
    verify_interface(module)?;
    module.functions.last().map_or(Ok(()), |function| verify_function(module, &by_name(module), function))
}

fn by_name(module: &Module) -> HashMap<&str, &SharedVariable> {
    module.shared.iter().map(|variable| (variable.name.as_str(), variable)).collect()
}

fn range_error(function: &Function, symbol: &Symbol, problem: String) -> VerifyError {
    VerifyError::Range { function: function.name.clone(), name: symbol.name.clone(), problem }
}

fn verify_range(function: &Function, symbol: &Symbol) -> Result<(), VerifyError> {
    let Symbol { min, max, hint, .. } = *symbol;
    let problem = if min < 0 {
        format!("can be {min}; sizes are at least 0")
    } else if min > max {
        format!("has the empty range {min}..{max}; make the first at most the second")
    } else if i128::from(max) > MAX_TENSOR_BYTES {
        format!("can be {max}; 2^62 is the most")
    } else if let Some(hint) = hint.filter(|hint| !(min..=max).contains(hint)) {
        format!("has the hint {hint} outside its range {min}..{max}; choose one inside")
    } else {
        return Ok(());
    };
    Err(range_error(function, symbol, problem))
}

fn verify_function(
    module: &Module,
    shared: &HashMap<&str, &SharedVariable>,
    function: &Function,
) -> Result<(), VerifyError> {
    let (graph, known) = (&function.graph, RefCell::default());
    let check = Check { module, shared, function, graph, derived: graph.is_derived(), known };
    check.equations()?;
    let mut equations = function.graph.scope.equations.clone();
    for id in check.graph.ids() {
        check.node(id, &mut equations)?;
    }
    check.inputs()?;
    check.outputs()?;
    check.updates()
}

/// The node of this id, if there is one.
fn get(graph: &Graph, id: NodeId) -> Option<&Node> {
    (id.index() < graph.len()).then(|| graph.node(id))
}

/// The type of tensors that hold an array.
fn array_type(array: &Array) -> TensorType {
    let shape: Vec<Dim> = array.shape().iter().map(|n| Dim::Const(*n as i64)).collect();
    TensorType::new(array.dtype(), shape)
}

/// What is wrong with tensor data that code cannot rely on.
const ODD_BOOL: &str = "has a bool whose byte is neither 0 nor 1; write `true` and `false`";

/// How the problem of a size begins that another is made of.
const INNER: &str = "is made of a size that ";

/// A function with its model.
struct Check<'a> {
    module: &'a Module,
    /// The model's shared variables by name.
    shared: &'a HashMap<&'a str, &'a SharedVariable>,
    function: &'a Function,
    graph: &'a Graph,
    /// A pass made the function of what was found to be right.
    derived: bool,
    known: RefCell<Known>,
}

/// What was found to be right; there are few sizes and many nodes.
#[derive(Default)]
struct Known {
    dims: HashSet<Dim>,
    atoms: HashSet<Atom>,
}

impl Check<'_> {
    fn symbols(&self) -> &Symbols {
        &self.graph.scope.symbols
    }

    fn fail(&self, problem: String) -> VerifyError {
        VerifyError::Function { function: self.function.name.clone(), problem }
    }

    fn place(&self, id: NodeId) -> Box<Place> {
        let node = self.graph.node(id);
        let (function, origin) = (self.function.name.clone(), node.origin.clone());
        Box::new(Place { function, node: id, operation: node.op.name(), origin })
    }

    fn fail_at(&self, id: NodeId, problem: impl Into<String>) -> VerifyError {
        VerifyError::Node { place: self.place(id), problem: problem.into() }
    }

    /// A node as the author knows it.
    fn describe(&self, id: NodeId) -> String {
        let op = self.graph.op(id);
        let name = if let Op::Shared(shared) = op { Some(&*shared.name) } else { op.input_name() };
        name.map_or_else(|| format!("%{}", id.0), |name| format!("`{name}`"))
    }

    fn display(&self, ty: &TensorType) -> String {
        ty.display(self.symbols()).to_string()
    }

    fn equations(&self) -> Result<(), VerifyError> {
        let equations = &self.graph.scope.equations;
        if equations.known.len() > MAX_EQUATIONS {
            let found = equations.known.len();
            return Err(
                self.fail(format!("{found} sizes are checked for equality; {MAX_EQUATIONS} is the most"))
            );
        }
        if equations.made.is_some() {
            return Err(self.fail("its sizes are not solved; finish the model first".to_owned()));
        }
        for equation in &equations.known {
            for (dim, name) in
                [(&equation.left, &equation.left_name), (&equation.right, &equation.right_name)]
            {
                if let Some(problem) = self.dim_problem(dim) {
                    return Err(self.fail(format!("the size of {name} {problem}")));
                }
            }
        }
        self.equations_agree()
    }

    /// The first check that no sizes pass which pass those before it is to blame.
    fn equations_agree(&self) -> Result<(), VerifyError> {
        let known = &self.graph.scope.equations.known;
        let contradicts = |count: usize| {
            let some = known[..count].iter().map(|e| (&e.left, &e.right));
            Solved::of(some, self.symbols()).contradicts()
        };
        if !contradicts(known.len()) {
            return Ok(());
        }
        let blamed = (1..=known.len()).find(|count| contradicts(*count)).unwrap_or(known.len());
        let Equation { left, right, left_name, right_name } = &known[blamed - 1];
        let [left, right] = [left, right].map(|dim| dim.display(self.symbols()).to_string());
        Err(self.fail(format!(
            "no call could pass its checks: that of {left_name} ({left}) and {right_name} ({right}) contradicts those \
             before it; correct one of them"
        )))
    }

    /// What is wrong with a size by itself.
    fn dim_problem(&self, dim: &Dim) -> Option<String> {
        if !is_small(dim) {
            return Some("has too many terms or factors; introduce a size of its own".to_owned());
        }
        if let Some(id) = dim.symbols().into_iter().find(|id| id.0 as usize >= self.symbols().len()) {
            return Some(format!("refers to the size number {}, which the function does not have", id.0));
        }
        if dim.atoms().iter().all(|atom| atom.as_symbol().is_some()) {
            return self.magnitude_problem(dim);
        }
        if self.known.borrow().dims.contains(dim) {
            return None;
        }
        let problem = self.atom_problem(dim).or_else(|| self.magnitude_problem(dim));
        let mut known = self.known.borrow_mut();
        known.dims.insert(dim.clone());
        known.atoms.extend(dim.atoms().into_iter().filter(|atom| atom.as_symbol().is_none()));
        problem.or_else(|| {
            (known.atoms.len() > MAX_ATOMS)
                .then(|| format!("is one of more than {MAX_ATOMS} quotients, remainders, minima and maxima"))
        })
    }

    fn magnitude_problem(&self, dim: &Dim) -> Option<String> {
        let magnitude = dim.bounds(self.symbols()).magnitude;
        (magnitude > MAX_TENSOR_BYTES).then(|| {
            format!("is {}, which can be more than 2^62; declare smaller ranges", dim.display(self.symbols()))
        })
    }

    /// What is wrong with the quotients and the like that a size is made of.
    fn atom_problem(&self, dim: &Dim) -> Option<String> {
        let atoms = dim.atoms();
        if atoms.iter().any(|atom| Dim::from(atom.clone()).is_undefined()) {
            return Some(undefined_size());
        }
        let operands = || atoms.iter().flat_map(Atom::operands);
        if let Some(problem) = operands().find_map(|operand| self.dim_problem(operand)) {
            // However deep it lies, it is said once.
            let is_inner = problem.starts_with(INNER);
            return Some(if is_inner { problem } else { format!("{INNER}{problem}") });
        }
        let shown = dim.display(self.symbols());
        for divisor in dim.divisors() {
            let least = divisor.bounds(self.symbols()).min;
            if least < 1 {
                let divisor = divisor.display(self.symbols());
                return Some(format!(
                    "is {shown}, and {divisor} can be {least}; raise the smallest sizes until it is at least 1"
                ));
            }
        }
        (operands().next().is_some() && dim.simplified(self.symbols()) != *dim)
            .then(|| format!("is {shown}, which is not in normal form for these ranges; simplify it"))
    }

    fn node(&self, id: NodeId, equations: &mut Equations) -> Result<(), VerifyError> {
        let node = self.graph.node(id);
        if let Some(operand) = node.operands.iter().find(|operand| **operand >= id) {
            return Err(self.fail_at(id, format!("the operand %{} does not come before it", operand.0)));
        }
        self.node_sizes(id, node, equations)?;
        self.node_type(id, node, equations)?;
        if let Op::Shared(shared) = &node.op {
            return self.shared_node(id, &shared.name, &node.ty);
        }
        if let Op::Constant(Constant { elements, .. })
        | Op::OptionalInput(OptionalInput { default: elements, .. }) = &node.op
        {
            return self.elements(id, *elements, &node.ty);
        }
        Ok(())
    }

    fn node_sizes(&self, id: NodeId, node: &Node, equations: &mut Equations) -> Result<(), VerifyError> {
        for (name, value) in node.op.definition().attributes() {
            if let Some(problem) = value.dims().iter().find_map(|dim| self.dim_problem(dim)) {
                return Err(self.fail_at(id, format!("the attribute `{name}` {problem}")));
            }
        }
        if node.ty.rank() > MAX_RANK {
            return Err(
                self.fail_at(id, format!("it has {} axes, and {MAX_RANK} is the most", node.ty.rank()))
            );
        }
        let terms = node
            .ty
            .shape
            .iter()
            .fold(1usize, |product, dim| product.saturating_mul(dim.terms().len().max(1)));
        if terms > MAX_SHAPE_TERMS {
            return Err(
                self.fail_at(id, "its number of elements has too many terms; introduce sizes of their own")
            );
        }
        for (axis, dim) in node.ty.shape.iter().enumerate() {
            if let Some(problem) = self.dim_problem(dim) {
                return Err(self.fail_at(id, format!("axis {axis} {problem}")));
            }
            let least = dim.bounds(self.symbols()).min;
            if least < 0 && !self.is_size(dim, equations) {
                let dim = dim.display(self.symbols());
                return Err(self.fail_at(
                    id,
                    format!("axis {axis} has the size {dim}, which can be {least}; raise the smallest sizes"),
                ));
            }
        }
        self.bytes(id, &node.ty)
    }

    /// Whether it is never negative.
    fn is_size(&self, dim: &Dim, equations: &mut Equations) -> bool {
        let mut constraints = Constraints { symbols: self.symbols(), equations, lenient: self.derived };
        constraints.at_least(dim, 0, Extent::ResultElements).is_ok()
    }

    fn bytes(&self, id: NodeId, ty: &TensorType) -> Result<(), VerifyError> {
        let bytes = sizes::most_bytes(ty.dtype, &ty.shape, self.symbols());
        if bytes <= MAX_TENSOR_BYTES {
            return Ok(());
        }
        let names: Vec<String> = sizes::used_symbols(&ty.shape)
            .into_iter()
            .map(|symbol| format!("`{}`", self.symbols().get(symbol).name))
            .collect();
        let remedy = match sizes::admissible_range(ty.dtype, &ty.shape, self.symbols()) {
            Some(most) => {
                format!("declare smaller ranges, for instance {most} as the largest {}", names.join(", "))
            }
            None => "make it smaller".to_owned(),
        };
        let tensor = format!("{} of type {}", self.describe(id), self.display(ty));
        Err(VerifyError::TooLarge { place: self.place(id), tensor, bytes: bytes.to_string(), remedy })
    }

    fn node_type(&self, id: NodeId, node: &Node, equations: &mut Equations) -> Result<(), VerifyError> {
        let definition = node.op.definition();
        if definition.arity() != node.operands.len() {
            let (want, have) = (definition.arity(), node.operands.len());
            return Err(self.fail_at(id, format!("it has {have} operands and takes {want}")));
        }
        let operands: Vec<Operand<'_>> = node
            .operands
            .iter()
            .map(|operand| Operand { ty: self.graph.ty(*operand), literal: self.graph.literal(*operand) })
            .collect();
        let inferred = definition
            .infer(&operands, &mut Constraints { symbols: self.symbols(), equations, lenient: self.derived })
            .map_err(|error| {
                let operand =
                    |i: usize| node.operands.get(i).map_or_else(String::new, |id| self.describe(*id));
                self.fail_at(id, error.describe(&operand))
            })?;
        if inferred == node.ty {
            return Ok(());
        }
        let (have, want) = (self.display(&node.ty), self.display(&inferred));
        Err(self.fail_at(id, format!("its type is {have}, and its operands give {want}")))
    }

    fn elements(&self, id: NodeId, elements: Elements, ty: &TensorType) -> Result<(), VerifyError> {
        let (fits, is_valid, problem) = match elements {
            Elements::Splat(parts) => {
                let width = mask(ty.dtype.scalar_type());
                let second = if ty.dtype.parts() == 2 { width } else { 0 };
                let fits = parts[0] <= width && parts[1] <= second;
                (
                    fits,
                    ty.dtype != DType::Bool || parts[0] <= 1,
                    format!("its value has more bits than {}", ty.dtype),
                )
            }
            Elements::Data(data) => match self.graph.scope.data.get(data) {
                None => (false, true, format!("its data {data:?} is not in the function")),
                Some(array) => {
                    let problem = format!("its data is {}{:?}", array.dtype(), array.shape());
                    (array_type(array) == *ty, array.is_valid(), problem)
                }
            },
        };
        match (fits, is_valid) {
            (false, _) => Err(self.fail_at(id, problem)),
            (true, false) => Err(self.fail_at(id, format!("it {ODD_BOOL}"))),
            (true, true) => Ok(()),
        }
    }

    fn shared_node(&self, id: NodeId, name: &str, ty: &TensorType) -> Result<(), VerifyError> {
        let Some(variable) = self.shared.get(name) else {
            return Err(self.fail_at(id, format!("the model has no shared variable `{name}`; declare it")));
        };
        let declared = array_type(&variable.initial);
        if declared == *ty {
            return Ok(());
        }
        let (have, want) = (self.display(ty), self.display(&declared));
        Err(self.fail_at(id, format!("it reads `{name}` as {have}, and its initial value is {want}")))
    }

    fn inputs(&self) -> Result<(), VerifyError> {
        let mut listed = HashSet::new();
        for id in &self.function.inputs {
            match get(self.graph, *id).map(|node| node.op.input_name()) {
                Some(Some(_)) if listed.insert(*id) => {}
                Some(Some(name)) => {
                    return Err(self.fail(format!("the input `{name}` is listed twice; list it once")));
                }
                Some(None) => return Err(self.fail_at(*id, "it is listed as an input and is none")),
                None => return Err(self.fail(format!("its input %{} is no node of it", id.0))),
            }
        }
        for id in self.graph.ids() {
            if let Some(name) = self.graph.op(id).input_name().filter(|_| !listed.contains(&id)) {
                let problem = format!("`{name}` is not among the function's inputs; list it");
                return Err(self.fail_at(id, problem));
            }
        }
        Ok(())
    }

    fn outputs(&self) -> Result<(), VerifyError> {
        match self.function.outputs.iter().find(|output| get(self.graph, output.node).is_none()) {
            None => Ok(()),
            Some(odd) => {
                Err(self.fail(format!("its output `{}` is %{}, no node of it", odd.name, odd.node.0)))
            }
        }
    }

    fn updates(&self) -> Result<(), VerifyError> {
        let mut previous: Option<usize> = None;
        for update in &self.function.updates {
            self.update(update, previous)?;
            previous = Some(update.shared);
        }
        Ok(())
    }

    fn update(&self, update: &Update, previous: Option<usize>) -> Result<(), VerifyError> {
        let Some(variable) = self.module.shared.get(update.shared) else {
            return Err(
                self.fail(format!("it updates the shared variable number {}, which is none", update.shared))
            );
        };
        let fail = |problem: String| {
            let (function, variable) = (self.function.name.clone(), variable.name.clone());
            Err(VerifyError::Update { function, variable, problem })
        };
        if previous == Some(update.shared) {
            return fail("is there twice; keep one".to_owned());
        }
        if previous > Some(update.shared) {
            return fail(
                "is out of order; updates follow the order of shared variables, each once".to_owned(),
            );
        }
        let Some(node) = get(self.graph, update.node) else {
            return fail(format!("is %{}, no node of the function", update.node.0));
        };
        let declared = array_type(&variable.initial);
        if node.ty == declared {
            return Ok(());
        }
        let (have, want) = (self.display(&node.ty), self.display(&declared));
        let value = self.describe(update.node);
        let remedy = match node.ty.dtype == declared.dtype {
            true => "give it the variable's shape",
            false => "cast it to the variable's element type",
        };
        fail(format!("is {value} of type {have}, and the variable is {want}; {remedy}"))
    }
}
