//! What is known about a node without running anything: constants, sizes, ranges.

use std::sync::OnceLock;

use tgc_graph::array::Array;
use tgc_graph::dim::{Atom, Dim};
use tgc_graph::dtype::{DType, Kind};
use tgc_graph::evaluate::evaluate_kernel;
use tgc_graph::graph::{Graph, NodeId};
use tgc_graph::kernel::{Coordinate, Kernel, Routine};
use tgc_graph::ops::{Constant, Magnitude, Op, Sign};
use tgc_graph::ty::TensorType;

/// How an operation relates elements of its result to those of its operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Class {
    /// No operands.
    Leaf,
    /// A scalar function of corresponding elements, computed in the operands' common type.
    Elementwise,
    /// `cast`.
    Cast,
    /// Re-indexing.
    View,
    /// A reduction or product.
    Reduction,
    /// Elements moved, or reduced along the way, by other than a view.
    Rearrangement,
    /// What a stage replaces.
    Composite,
}

/// The class of a node's operation, by its kernel. It is the same for every node of the operation, so it is
/// asked once; a new operation needs no mention here.
pub(crate) fn class(graph: &Graph, id: NodeId) -> Class {
    class_at(graph, id, usize::from(graph.op(id).index()))
}

/// The same, given the operation's position in [`Op::NAMES`].
pub(crate) fn class_at(graph: &Graph, id: NodeId, operation: usize) -> Class {
    static CLASSES: [OnceLock<Class>; Op::NAMES.len()] = [const { OnceLock::new() }; Op::NAMES.len()];
    *CLASSES[operation].get_or_init(|| match (graph.kernel(id), graph.op(id)) {
        (_, Op::Pin(_)) | (Kernel::Composite, _) => Class::Composite,
        (_, Op::Cast(_)) => Class::Cast,
        (Kernel::Leaf(_), _) => Class::Leaf,
        (Kernel::Map(_), _) => Class::Elementwise,
        (Kernel::View(_), _) => Class::View,
        (Kernel::Reduce(_) | Kernel::Contract(_), _) => Class::Reduction,
        (Kernel::Reshape | Kernel::Concatenate(_) | Kernel::Gather(_), _) => Class::Rearrangement,
        (Kernel::Scatter(_) | Kernel::Scan(_) | Kernel::Routine(_), _) => Class::Rearrangement,
    })
}

/// All operands that the operation converts, none of them a literal, have the type that it computes in: the
/// result's, if that is not `bool`.
pub(crate) fn is_uniform(graph: &Graph, id: NodeId) -> bool {
    let node = graph.node(id);
    let converted = &node.operands[node.op.definition().promoted()];
    let first = converted.first().map_or(node.ty.dtype, |o| graph.ty(*o).dtype);
    let computed = node.ty.dtype == first || node.ty.dtype == DType::Bool;
    computed && converted.iter().all(|o| graph.ty(*o).dtype == first && !graph.is_weak(*o))
}

/// The result is exactly zero wherever the operands that are `zero` are: by its kernel, or because the
/// operation says so.
pub(crate) fn keeps_zero(graph: &Graph, id: NodeId) -> bool {
    let node = graph.node(id);
    let zero = |operand: usize| is_zero(graph, node.operands[operand]);
    if !(0..node.operands.len()).any(zero) {
        return false;
    }
    let linear = node.op.definition().linear();
    if linear.iter().any(|group| group.iter().all(|operand| zero(*operand))) {
        return true;
    }
    let last = node.operands.len() - 1;
    // A place that data says is an error where it is outside, whatever stands there.
    let known = |places: &[Coordinate]| places.iter().all(|place| matches!(place, Coordinate::Affine(_)));
    let all = (0..=last).all(zero);
    match graph.kernel(id) {
        Kernel::View(view) => zero(view.operand),
        Kernel::Reshape => zero(0),
        Kernel::Concatenate(_) => all,
        Kernel::Contract(_) => zero(0) || zero(1),
        Kernel::Gather(gather) => zero(0) && known(&gather.coordinates),
        Kernel::Scatter(scatter) => zero(0) && zero(last) && known(&scatter.coordinates),
        kernel @ Kernel::Map(_) => {
            let ones = vec![1; node.ty.rank()];
            all && zeros_give_zero(graph, id, &kernel, &ones, &ones)
        }
        Kernel::Reduce(reduction) => {
            let rank = graph.ty(node.operands[0]).rank();
            let sizes = |n: usize| -> Vec<usize> {
                (0..rank).map(|axis| if reduction.axes.contains(&axis) { n } else { 1 }).collect()
            };
            let (kernel, ones) = (Kernel::Reduce(reduction.clone()), vec![1; node.ty.rank()]);
            all && (0..3).all(|n| zeros_give_zero(graph, id, &kernel, &sizes(n), &ones))
        }
        Kernel::Scan(scan) => {
            let sizes = |n: usize| -> Vec<usize> {
                (0..node.ty.rank()).map(|axis| if axis == scan.axis { n } else { 1 }).collect()
            };
            let kernel = Kernel::Scan(scan.clone());
            all && (1..4).map(sizes).all(|s| zeros_give_zero(graph, id, &kernel, &s, &s))
        }
        Kernel::Routine(Routine::Sort { .. }) => all,
        Kernel::Routine(Routine::Argsort { .. }) | Kernel::Leaf(_) | Kernel::Composite => false,
    }
}

/// Runs a kernel on zeros of a shape, with a result of a shape.
fn zeros_give_zero(graph: &Graph, id: NodeId, kernel: &Kernel, from: &[usize], to: &[usize]) -> bool {
    let dtype = graph.ty(id).dtype;
    let zeros = |operand: &NodeId| Array::zeros_of(graph.ty(*operand).dtype, from);
    let operands: Vec<Array> = graph.operands(id).iter().map(zeros).collect();
    let sign = if dtype.scalar_type().is_float() { 1u64 << (dtype.scalar_type().bits() - 1) } else { 0 };
    let result = evaluate_kernel(kernel, &operands, dtype, to);
    result.is_some_and(|result| (0..result.len()).all(|i| result.get(i).iter().all(|part| part & !sign == 0)))
}

/// The constant that a node is.
pub(crate) fn constant(graph: &Graph, id: NodeId) -> Option<&Constant> {
    if let Op::Constant(constant) = graph.op(id) { Some(constant) } else { None }
}

/// The constant that a node is, if all its elements are one real value.
pub(crate) fn splat(graph: &Graph, id: NodeId) -> Option<f64> {
    constant(graph, id).and_then(Constant::as_f64)
}

/// A node of the operation `zero`.
pub(crate) fn is_zero(graph: &Graph, id: NodeId) -> bool {
    matches!(graph.op(id), Op::Zero(_))
}

/// One element, whatever the rank.
pub(crate) fn is_scalar(ty: &TensorType) -> bool {
    ty.shape.iter().all(Dim::is_one)
}

/// At least 1 for all admissible sizes.
pub(crate) fn is_positive(graph: &Graph, dim: &Dim) -> bool {
    dim.bounds(&graph.scope.symbols).min >= 1
}

/// At least 1 whenever a tensor of this shape has an element.
fn is_positive_inside(graph: &Graph, dim: &Dim, shape: &[Dim]) -> bool {
    let terms = dim.terms();
    let [(monomial, coefficient)] = terms.as_slice() else { return is_positive(graph, dim) };
    let nonzero = |atom: &Atom| {
        let least = Dim::from(atom.clone()).bounds(&graph.scope.symbols).min;
        least >= 1
            || least >= 0
                && shape.iter().any(|d| match d.terms().as_slice() {
                    [(factors, _)] => factors.iter().any(|(other, _)| other == atom),
                    _ => false,
                })
    };
    *coefficient > 0 && monomial.iter().all(|(atom, _)| nonzero(atom))
}

/// Constants of this size and their products with each other stay normal numbers of the type.
pub(crate) fn is_moderate(dtype: DType, value: f64) -> bool {
    match dtype.kind() {
        Kind::Bool | Kind::Integer => true,
        Kind::Float => moderate_exponent(dtype).is_some_and(|limit| {
            let exponent = value.abs().log2();
            exponent.is_finite() && exponent.abs() <= limit
        }),
        Kind::Complex => false,
    }
}

fn moderate_exponent(dtype: DType) -> Option<f64> {
    dtype.is_float().then_some(if dtype == DType::F16 { 5.0 } else { 40.0 })
}

/// Finite and not zero, wherever a tensor of this shape has an element; with an empty shape, always.
pub(crate) fn is_finite_nonzero(graph: &Graph, id: NodeId, shape: &[Dim]) -> bool {
    let ty = graph.ty(id);
    let wide = matches!(ty.dtype, DType::BF16 | DType::F32 | DType::F64);
    match splat(graph, id) {
        Some(value) => is_moderate(ty.dtype, value) && ty.dtype.is_float(),
        None => {
            wide && magnitude(graph, id, shape, 8).is_some_and(|(low, high)| low > -100.0 && high < 100.0)
        }
    }
}

/// Never below 0, nor -0; it may be NaN.
pub(crate) fn is_not_negative(graph: &Graph, id: NodeId) -> bool {
    fn known(graph: &Graph, id: NodeId, depth: u32) -> bool {
        let node = graph.node(id);
        let are = |operands: &[usize]| {
            depth > 0 && operands.iter().all(|i| known(graph, node.operands[*i], depth - 1))
        };
        if node.ty.dtype.is_complex() {
            return false;
        }
        if let Some(value) = splat(graph, id) {
            return value.is_sign_positive();
        }
        if matches!(node.op, Op::SizeValue(_)) {
            return true;
        }
        match node.op.definition().sign() {
            Sign::Any => false,
            Sign::NotNegative => true,
            Sign::Of(operands) => are(operands),
            Sign::NotNegativeFloat => node.ty.dtype.is_float(),
            Sign::OfFloats(operands) => node.ty.dtype.is_float() && are(operands),
        }
    }
    known(graph, id, 8)
}

/// Bounds on the binary logarithm of a value made of sizes and constants.
fn magnitude(graph: &Graph, id: NodeId, shape: &[Dim], depth: u32) -> Option<(f64, f64)> {
    let node = graph.node(id);
    let operand = |i: usize| magnitude(graph, node.operands[i], shape, depth.checked_sub(1)?);
    if let Some(value) = splat(graph, id) {
        let exponent = value.abs().log2();
        return exponent.is_finite().then_some((exponent, exponent));
    }
    if let Op::SizeValue(size) = &node.op {
        return is_positive_inside(graph, &size.size, shape).then_some((0.0, 63.0));
    }
    match node.op.definition().magnitude() {
        Magnitude::Unknown => None,
        Magnitude::Of(of) => operand(of),
        Magnitude::OfFloats(of) => node.ty.dtype.is_float().then(|| operand(of)).flatten(),
        Magnitude::Product if node.ty.dtype.is_float() => {
            let (a, b) = (operand(0)?, operand(1)?);
            Some((a.0 + b.0, a.1 + b.1))
        }
        Magnitude::Product => None,
        Magnitude::Quotient => {
            let (a, b) = (operand(0)?, operand(1)?);
            Some((a.0 - b.1, a.1 - b.0))
        }
    }
}

/// Every value of `from` is a value of `to`.
pub(crate) fn is_lossless(from: DType, to: DType) -> bool {
    let digits = |dtype: DType| match dtype {
        DType::F16 => 11,
        DType::BF16 => 8,
        DType::F32 | DType::C64 => 24,
        DType::F64 | DType::C128 => 53,
        DType::Bool => 1,
        other @ DType::I8
        | other @ DType::I16
        | other @ DType::I32
        | other @ DType::I64
        | other @ DType::U8
        | other @ DType::U16
        | other @ DType::U32
        | other @ DType::U64 => other.bytes() as u32 * 8 - u32::from(is_signed(other)),
    };
    let real = |dtype: DType| dtype.to_real();
    match (from.kind(), to.kind()) {
        _ if from == to => true,
        (Kind::Bool, _) => true,
        (Kind::Integer, Kind::Integer) => digits(from) <= digits(to) && (is_signed(to) || !is_signed(from)),
        // The most negative integer is a power of two, which every float with enough exponents has.
        (Kind::Integer, Kind::Float | Kind::Complex) => digits(from) <= digits(to),
        (Kind::Float, Kind::Float | Kind::Complex) | (Kind::Complex, Kind::Complex) => {
            real(from) == real(to) || (digits(from) < digits(to) && real(to) >= DType::F32)
        }
        (Kind::Integer | Kind::Float | Kind::Complex, _) => false,
    }
}

/// Has values below 0.
pub(crate) fn is_signed(dtype: DType) -> bool {
    matches!(dtype, DType::I8 | DType::I16 | DType::I32 | DType::I64) || dtype.is_float()
}

/// Operand order does not matter to the last bit, NaN payloads aside.
pub(crate) fn is_commutative(op: &Op) -> bool {
    matches!(op, Op::Add(_) | Op::Mul(_) | Op::And(_) | Op::Or(_) | Op::Xor(_) | Op::Eq(_) | Op::Neq(_))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tgc_graph::dim::{Symbol, Symbols};

    #[test]
    fn lossless_casts_are_those_that_keep_every_value() {
        use DType::*;
        for (from, to) in [(I8, F16), (U8, BF16), (U16, I32), (I32, F64), (F16, F32), (F32, C64), (Bool, I8)]
        {
            assert!(is_lossless(from, to), "{from} to {to}");
        }
        for (from, to) in [(I64, F64), (I16, F16), (I8, U8), (F64, F32), (F16, BF16), (BF16, F16), (C64, F32)]
        {
            assert!(!is_lossless(from, to), "{from} to {to}");
        }
    }

    #[test]
    fn sizes_are_positive_by_range_or_by_shape() {
        let mut symbols = Symbols::default();
        let n = Dim::symbol(symbols.push(Symbol::new("N")));
        let m = Dim::symbol(symbols.push(Symbol { min: 1, ..Symbol::new("M") }));
        let graph = Graph::new(tgc_graph::graph::Scope { symbols, ..Default::default() });
        assert!(!is_positive(&graph, &n));
        assert!(is_positive(&graph, &m));
        assert!(is_positive(&graph, &(&n + &Dim::Const(1))));
        assert!(!is_positive(&graph, &(&m - &Dim::Const(1))));
        assert!(is_positive_inside(&graph, &(&n * &m), std::slice::from_ref(&n)));
        assert!(!is_positive_inside(&graph, &n, &[m]));
    }
}
