//! The reference evaluator: plain, slow, obviously right. It defines what a graph means.
//!
//! [`evaluate`] computes in each node's own arithmetic; [`evaluate_wide`] in double-double throughout, and
//! judges the accuracy of everything else. Composites and gradients are expanded first, unstabilized.

mod domain;
mod kernels;
mod sizes;

use thiserror::Error;

pub use domain::{Domain, Narrow, WideDomain};
pub use sizes::{Sizes, bind_sizes};

use tgc_scalar::Wide;
use tgc_scalar::dtype::DType;

use crate::array::Array;
use crate::differentiate;
use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::kernel::{Kernel, Leaf};
use crate::limits::undefined_size;
use crate::lookup;
use crate::module::{Function, SharedVariable};
use crate::origin::Origin;
use crate::unsigned;

/// Why a call cannot be evaluated. The same calls are refused by the emitted library.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[allow(missing_docs)]
pub enum EvaluateError {
    #[error("{function} takes {want} arguments and got {got}")]
    Count { function: String, want: usize, got: usize },
    #[error("{function}: {input} is {got}, expected {want}")]
    Type { function: String, input: String, got: String, want: String },
    #[error("{function}: {input} has a bool whose byte is neither 0 nor 1; make it of `true` and `false`")]
    Element { function: String, input: String },
    #[error("{function}: {name}={value}, allowed {min}..{max}")]
    Range { function: String, name: String, value: i64, min: i64, max: i64 },
    #[error("{function}: {left} is {left_size}, {right} is {right_size}; they must be equal")]
    Sizes { function: String, left: String, left_size: i64, right: String, right_size: i64 },
    #[error("{function}: {what} is {size}, and must be at least {least}")]
    Least { function: String, what: String, size: i64, least: i64 },
    #[error(
        "{function}: {index} has the element {given}, outside axis {axis} of {data}, whose size is {extent}"
    )]
    Index { function: String, index: String, given: i64, data: String, axis: usize, extent: i64 },
    #[error("{function}: a size of `{op}`, asked for at {origin}, {undefined}", undefined = undefined_size())]
    Undefined { function: String, op: &'static str, origin: Origin },
    #[error("{function}: no argument's shape determines {name}; give it")]
    Unbound { function: String, name: String },
}

/// Elements in some arithmetic, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Value<P> {
    /// Element type.
    pub dtype: DType,
    /// Size of each axis.
    pub shape: Vec<usize>,
    /// The parts of each element.
    pub elements: Vec<[P; 2]>,
}

/// What a call gives.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome<V> {
    /// The outputs in order.
    pub outputs: Vec<V>,
    /// The new values of updated variables, by index into the model's shared variables.
    pub updates: Vec<(usize, V)>,
}

/// Evaluates a function in its own arithmetic, given its arguments and the values of all of the model's
/// shared variables.
///
/// # Errors
///
/// If the arguments do not fit.
pub fn evaluate(
    function: &Function,
    shared: &[SharedVariable],
    inputs: &[Array],
    sizes: &Sizes,
) -> Result<Outcome<Array>, EvaluateError> {
    let outcome = run::<Narrow>(function, shared, inputs, sizes)?;
    Ok(Outcome {
        outputs: outcome.outputs.iter().map(to_array).collect(),
        updates: outcome.updates.iter().map(|(i, v)| (*i, to_array(v))).collect(),
    })
}

/// Evaluates a function in double-double arithmetic.
///
/// # Errors
///
/// If the arguments do not fit.
pub fn evaluate_wide(
    function: &Function,
    shared: &[SharedVariable],
    inputs: &[Array],
    sizes: &Sizes,
) -> Result<Outcome<Value<Wide>>, EvaluateError> {
    run::<WideDomain>(function, shared, inputs, sizes)
}

fn run<D: Domain>(
    function: &Function,
    shared: &[SharedVariable],
    inputs: &[Array],
    given: &Sizes,
) -> Result<Outcome<Value<D::Part>>, EvaluateError> {
    let sizes = bind_sizes(function, inputs, given)?;
    let mut roots = function.roots();
    roots.extend(&function.inputs);
    let (graph, new_roots) = expand(&function.graph, &roots);
    let renamed = |id: NodeId| new_roots[roots.iter().position(|r| *r == id).expect("invariant: a root")];
    let function = function.with_graph(graph, &renamed);
    let values = evaluate_graph::<D>(&function, shared, inputs, &sizes)?;
    let value = |id: NodeId| values[id.index()].clone().expect("invariant: roots are evaluated");
    Ok(Outcome {
        outputs: function.outputs.iter().map(|o| value(o.node)).collect(),
        updates: function.updates.iter().map(|u| (u.shared, value(u.node))).collect(),
    })
}

/// The graph without composites and gradients, its indices such that none wraps.
fn expand(graph: &Graph, roots: &[NodeId]) -> (Graph, Vec<NodeId>) {
    if !graph.ids().any(|id| unsigned::can_wrap(graph, id)) {
        return differentiate::expand(graph, roots);
    }
    let (saturated, places) = unsigned::saturate(graph, roots);
    differentiate::expand(&saturated, &places)
}

fn evaluate_graph<D: Domain>(
    function: &Function,
    shared: &[SharedVariable],
    inputs: &[Array],
    sizes: &[i64],
) -> Result<Vec<Option<Value<D::Part>>>, EvaluateError> {
    let graph = &function.graph;
    let size = |dim: &Dim| sizes::value(dim, sizes);
    let live = graph.reachable(&function.roots());
    let mut values: Vec<Option<Value<D::Part>>> = vec![None; graph.len()];
    for id in graph.ids().filter(|id| live[id.index()]) {
        let ty = graph.ty(id);
        defined(function, id, sizes)?;
        let shape: Vec<usize> = ty.shape.iter().map(|d| sizes::size(d, sizes)).collect();
        let operands: Vec<&Value<D::Part>> = graph
            .operands(id)
            .iter()
            .map(|o| values[o.index()].as_ref().expect("invariant: in order"))
            .collect();
        let kernel = graph.kernel(id);
        let elements = if let Kernel::Leaf(leaf) = kernel {
            read_leaf::<D>(graph, function, &leaf, ty.dtype, &shape, (shared, inputs, sizes))
        } else {
            let made = run_kernel::<D>(&kernel, &operands, &shape, &size);
            made.map_err(|o| outside(function, id, o))?
        };
        values[id.index()] = Some(Value { dtype: ty.dtype, shape, elements });
    }
    Ok(values)
}

/// Checks that a node's sizes have values: those of a gradient may nest more deeply than the model's own.
fn defined(function: &Function, id: NodeId, sizes: &[i64]) -> Result<(), EvaluateError> {
    let (op, shape) = (function.graph.op(id), &function.graph.ty(id).shape);
    let attributes = op.definition().attributes();
    let mut dims = attributes.iter().flat_map(|(_, attribute)| attribute.dims()).chain(shape);
    if dims.all(|dim| sizes::is_defined(dim, sizes)) {
        return Ok(());
    }
    let origin = function.graph.node(id).origin.clone();
    Err(EvaluateError::Undefined { function: function.name.clone(), op: op.name(), origin })
}

fn run_kernel<D: Domain>(
    kernel: &Kernel,
    operands: &[&Value<D::Part>],
    shape: &[usize],
    size: &dyn Fn(&Dim) -> i64,
) -> Result<Vec<[D::Part; 2]>, kernels::OutOfRange> {
    Ok(match kernel {
        Kernel::Map(program) => kernels::map::<D>(program, operands, shape),
        Kernel::Reduce(reduction) => kernels::reduce::<D>(reduction, operands[0], shape),
        Kernel::View(view) => kernels::view(view, operands[view.operand], shape, size),
        Kernel::Reshape => operands[0].elements.clone(),
        Kernel::Concatenate(axis) => kernels::concatenate(*axis, operands, shape),
        Kernel::Gather(gather) => kernels::gather::<D>(gather, operands, shape, size)?,
        Kernel::Scatter(scatter) => kernels::scatter::<D>(scatter, operands, size)?,
        Kernel::Scan(scan) => kernels::scan::<D>(scan, operands, shape),
        Kernel::Routine(routine) => kernels::routine::<D>(*routine, operands[0]),
        Kernel::Contract(contraction) => kernels::contract::<D>(contraction, operands[0], operands[1], shape),
        Kernel::Leaf(_) => unreachable!("invariant: leaves are read"),
        Kernel::Composite => unreachable!("invariant: composites and gradients were expanded"),
    })
}

/// Evaluates one kernel on arrays, in their own arithmetic: what a call would compute.
///
/// `None` where that depends on more than the operands: of a leaf, of what has no kernel, where a size is not
/// static, or where an index is outside, which is an error of the call.
pub fn evaluate_kernel(kernel: &Kernel, operands: &[Array], dtype: DType, shape: &[usize]) -> Option<Array> {
    if matches!(kernel, Kernel::Leaf(_) | Kernel::Composite) || !kernel.is_static() {
        return None;
    }
    let values: Vec<Value<u64>> = operands
        .iter()
        .map(|array| Value {
            dtype: array.dtype(),
            shape: array.shape().to_vec(),
            elements: (0..array.len()).map(|i| array.get(i)).collect(),
        })
        .collect();
    let size = |dim: &Dim| dim.as_const().expect("invariant: static kernels have static sizes");
    let operands: Vec<&Value<u64>> = values.iter().collect();
    let elements = run_kernel::<Narrow>(kernel, &operands, shape, &size).ok()?;
    Some(to_array(&Value { dtype, shape: shape.to_vec(), elements }))
}

fn to_array(value: &Value<u64>) -> Array {
    let mut array = Array::zeros_of(value.dtype, value.shape.clone());
    value.elements.iter().enumerate().for_each(|(i, parts)| array.set(i, *parts));
    array
}

fn outside(function: &Function, id: NodeId, found: kernels::OutOfRange) -> EvaluateError {
    let node = function.graph.node(id);
    let name = |operand: usize| lookup::name(&function.graph, node.operands[operand]);
    EvaluateError::Index {
        function: function.name.clone(),
        index: name(1 + found.number),
        given: found.given,
        data: name(0),
        axis: found.axis,
        extent: found.extent,
    }
}

fn read_leaf<D: Domain>(
    graph: &Graph,
    function: &Function,
    leaf: &Leaf,
    dtype: DType,
    shape: &[usize],
    (shared, inputs, sizes): (&[SharedVariable], &[Array], &[i64]),
) -> Vec<[D::Part; 2]> {
    let array = match leaf {
        Leaf::Input(name) => {
            let named = |id: &NodeId| matches!(graph.kernel(*id), Kernel::Leaf(Leaf::Input(n)) if n == *name);
            let index = function.inputs.iter().position(named).expect("invariant: inputs are listed");
            inputs[index].clone()
        }
        Leaf::Shared(name) => {
            let variable =
                shared.iter().find(|s| *s.name == **name).expect("invariant: variables are declared");
            variable.initial.clone()
        }
        Leaf::Size(dim) => Array::splat(dtype, shape, [sizes::value(dim, sizes) as u64, 0]),
        Leaf::Splat(_) | Leaf::Data(_) | Leaf::Iota => {
            leaf.constant(dtype, shape, &graph.scope.data).expect("invariant: constants have their data")
        }
    };
    let scalar = dtype.scalar_type();
    (0..array.len()).map(|i| array.get(i).map(|bits| D::from_bits(scalar, bits))).collect()
}
