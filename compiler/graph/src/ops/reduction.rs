//! What all reductions share: their axes, the shape that is left, lifting, and the three ways to write one:
//! `x.max()`, `x.max_over([0, -1])` and `x.reduce().over([0]).keepdims().max()`.
//!
//! A reduction is a [`Primitive`], which has a kernel and a gradient of its own, or a [`Composite`] of other
//! operations.

use tgc_scalar::dtype::{DType, Kind};
use tgc_scalar::{Builder, Element, Program, ScalarType};

use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{AxisOf, Constraints, Operand, Reason, TypeError};
use crate::kernel::Reduction;
use crate::ops::{Fill, Sign, Vjp};
use crate::ty::TensorType;

/// A reduction, by what differs from one to another.
pub trait Reducing {
    /// Whether it has no value where an axis is empty.
    const NONEMPTY: bool = false;

    /// Whether integers of fewer bits give 64, which a narrower type that the author asked for cuts again.
    const WIDENS: bool = false;

    /// Whether elements are below 0.
    const SIGN: Sign = Sign::Any;

    /// The result's element type.
    ///
    /// # Errors
    ///
    /// If the reduction has no meaning for the operand's.
    fn dtype(operand: DType) -> Result<DType, TypeError>;
}

/// A reduction with a kernel of its own.
pub trait Primitive: Reducing {
    /// The reduction over these axes of elements of one type, with a result of the other.
    fn reduction(axes: &[usize], operand: DType, result: DType) -> Reduction;

    /// The gradient by the operand, whose type is differentiable; an exact zero if not overridden.
    fn gradient(axes: &[usize], graph: &mut Graph, vjp: &Vjp<'_>) -> Option<NodeId> {
        let _ = (axes, graph, vjp);
        None
    }
}

/// A reduction that is written as other operations.
pub trait Composite: Reducing {
    /// Its value.
    fn expand(&self, graph: &mut Graph, operand: NodeId) -> NodeId;
}

/// The result's type.
pub fn infer<R: Reducing>(
    name: &str,
    axes: &[usize],
    operands: &[Operand<'_>],
    constraints: &mut Constraints<'_>,
) -> Result<TensorType, TypeError> {
    let ty = operands[0].ty;
    let ascending = axes.windows(2).all(|pair| pair[0] < pair[1]);
    if !ascending || axes.iter().any(|axis| *axis >= ty.rank()) {
        return Err(TypeError::new(
            Reason::axes(0, axes, ty.rank()),
            format!("{name} over axes {axes:?} of {{0}}, which has {} axes", ty.rank()),
            "name each axis once, in ascending order",
        ));
    }
    for &axis in axes.iter().filter(|_| R::NONEMPTY) {
        constraints.at_least(&ty.shape[axis], 1, AxisOf { operand: 0, axis }).map_err(|error| TypeError {
            problem: format!("{name} over axis {axis} of {{0}}, which can be empty, has no value"),
            remedy: "give the axis a size or range of at least 1".to_owned(),
            ..error
        })?;
    }
    let kept = (0..ty.rank()).filter(|axis| !axes.contains(axis));
    let shape: Vec<Dim> = kept.map(|axis| ty.shape[axis].clone()).collect();
    Ok(TensorType::new(R::dtype(ty.dtype)?, shape))
}

/// What sums and products of this type are kept in, so that they are at least as accurate as pairwise ones.
pub fn accumulator(dtype: DType) -> DType {
    match dtype.kind() {
        Kind::Float => DType::F64,
        Kind::Complex => DType::C128,
        Kind::Bool | Kind::Integer => dtype,
    }
}

/// A reduction that keeps one element of the type `accumulator`, from `init` on, combined by `step`.
pub fn combine(
    axes: &[usize],
    [operand, accumulator, result]: [DType; 3],
    init: [u64; 2],
    step: &dyn Fn(&mut Builder, Element, Element) -> Element,
) -> Reduction {
    let mut b = Builder::new(&[accumulator, accumulator]);
    let (x, y) = (b.param(0), b.param(1));
    let combined = step(&mut b, x, y);
    let step = b.finish(vec![combined]);
    Reduction {
        axes: axes.to_vec(),
        accumulators: vec![accumulator],
        init: vec![init],
        indexed: false,
        prepare: conversion(operand, accumulator),
        merge: step.clone(),
        step,
        finish: conversion(accumulator, result),
    }
}

/// (x) → x in another type.
pub fn conversion(from: DType, to: DType) -> Program {
    let mut b = Builder::new(&[from]);
    let x = b.param(0);
    let y = b.cast(x, to);
    b.finish(vec![y])
}

/// A number as an element of a type.
pub fn number(b: &mut Builder, dtype: DType, value: f64) -> Element {
    let wide = Element::real(DType::F64, b.float(ScalarType::F64, value));
    b.cast(wide, dtype)
}

/// The bits of the parts of a number as an element of a type.
pub fn bits(dtype: DType, value: f64) -> [u64; 2] {
    let mut b = Builder::new(&[]);
    let element = number(&mut b, dtype, value);
    let part = |i: usize| element.parts().get(i).and_then(|v| b.as_const(*v)).unwrap_or(0);
    [part(0), part(1)]
}

/// A value without the axes that were reduced, stretched along them again.
pub fn spread(graph: &mut Graph, axes: &[usize], value: NodeId, operand: NodeId) -> NodeId {
    let kept = keep(graph, axes, value);
    graph.op_node(Fill {}, &[operand, kept])
}

/// A value without the axes that were reduced, with axes of size 1 in their places.
pub fn keep(graph: &mut Graph, axes: &[usize], value: NodeId) -> NodeId {
    let rank = graph.ty(value).rank() + axes.len();
    graph.dimshuffle(value, kept_order(axes, rank))
}

/// The order for `dimshuffle` that puts axes of size 1 where axes were reduced, up to a rank.
pub(crate) fn kept_order(axes: &[usize], rank: usize) -> Vec<Option<usize>> {
    let mut kept = 0..;
    (0..rank).map(|axis| if axes.contains(&axis) { None } else { kept.next() }).collect()
}

/// The type in which elements enter a reduction that divides or takes roots: integers and `bool` as `f64`.
pub fn to_inexact(dtype: DType) -> DType {
    if dtype.is_differentiable() { dtype } else { DType::F64 }
}

/// Types for a reduction that needs an order.
pub fn ordered(name: &str, operand: DType) -> Result<DType, TypeError> {
    if operand.is_complex() {
        return Err(TypeError::new(
            Reason::ElementType { dtype: operand },
            format!("{name} of {{0}}: complex elements have no order"),
            "reduce its real part, or its absolute value",
        ));
    }
    Ok(operand)
}

/// Makes an operation of a [`Primitive`] or [`Composite`].
///
/// ```text
/// reduction! {
///     /// The greatest element.
///     ///
///     /// (an example that runs)
///     Primitive Max, fn max, fn max_over, Notation::Call("max")
/// }
/// ```
///
/// makes `pub struct Max { pub axes }`, the operation `max` with everything that [`Reducing`] and
/// [`Primitive`] give, and the methods `Tensor::max`, `Tensor::max_over` and `Reduce::max`.
/// `Composite Var { ddof: i64 = 0 }` has a further attribute, which those methods set to the value given.
macro_rules! reduction {
    (
        $(#[doc = $doc:literal])*
        $class:ident $name:ident $({ $($(#[doc = $about:literal])* $field:ident: $ty:ty = $value:expr),* })?,
        fn $method:ident, fn $over:ident, $notation:expr
    ) => {
        #[doc = concat!("The operation of [`Tensor::", stringify!($method), "`](crate::builder::Tensor::", stringify!($method), ").")]
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            /// The axes to reduce, ascending. The result lacks them.
            pub axes: Vec<usize>,
            $($($(#[doc = $about])* pub $field: $ty,)*)?
        }

        crate::ops::attributes!($name, stringify!($method), axes $($(, $field)*)?);

        impl $name {
            fn of(axes: Vec<usize>) -> $name {
                $name { axes $($(, $field: $value)*)? }
            }

            pub(crate) fn sample() -> $name {
                $name::of(vec![0])
            }
        }

        impl<'m> crate::builder::Tensor<'m> {
            $(#[doc = $doc])*
            #[doc = ""]
            #[doc = concat!("Of all elements, 0-d; [`", stringify!($over), "`](crate::builder::Tensor::", stringify!($over),
                ") takes some axes, and [`reduce`](crate::builder::Tensor::reduce) further options.")]
            #[track_caller]
            pub fn $method(self) -> crate::builder::Tensor<'m> {
                self.reduce().$method()
            }

            #[doc = concat!("[`Tensor::", stringify!($method), "`](crate::builder::Tensor::", stringify!($method),
                ") over some axes, which the result lacks; negative axes count from the last.")]
            #[track_caller]
            pub fn $over(self, axes: impl crate::builder::Axes) -> crate::builder::Tensor<'m> {
                self.reduce().over(axes).$method()
            }
        }

        impl<'m> crate::builder::Reduce<'m> {
            #[doc = concat!("[`Tensor::", stringify!($method), "`](crate::builder::Tensor::", stringify!($method), ").")]
            #[track_caller]
            pub fn $method(self) -> crate::builder::Tensor<'m> {
                self.apply($name::of)
            }
        }

        crate::ops::reduction::reduction_operation!($class $name, concat!($($doc, "\n"),*), $notation);
    };
}
pub(crate) use reduction;

/// The operation that [`reduction`] makes.
macro_rules! reduction_operation {
    ($class:ident $name:ident, $doc:expr, $notation:expr) => {
        impl crate::ops::Operation for $name {
            crate::ops::described!($doc, 1, $notation);

            fn sign(&self) -> crate::ops::Sign {
                <$name as crate::ops::reduction::Reducing>::SIGN
            }
            fn infer(
                &self,
                operands: &[crate::infer::Operand<'_>],
                constraints: &mut crate::infer::Constraints<'_>,
            ) -> Result<crate::ty::TensorType, crate::infer::TypeError> {
                crate::ops::reduction::infer::<$name>(Self::NAME, &self.axes, operands, constraints)
            }
            fn lift(
                &self,
                graph: &mut crate::graph::Graph,
                operands: &[crate::graph::NodeId],
                _: &[bool],
                _: &crate::dim::Dim,
            ) -> crate::graph::NodeId {
                let mut lifted = self.clone();
                lifted.axes.iter_mut().for_each(|axis| *axis += 1);
                graph.op_node(lifted, operands)
            }
            crate::ops::reduction::reduction_class!($class $name);
        }
    };
}
pub(crate) use reduction_operation;

/// What an operation made by [`reduction`] computes, by its class.
macro_rules! reduction_class {
    (Primitive $name:ident) => {
        fn kernel(
            &self,
            operands: &[crate::infer::Operand<'_>],
            result: &crate::ty::TensorType,
        ) -> crate::kernel::Kernel {
            let operand = operands[0].ty.dtype;
            crate::kernel::Kernel::Reduce(<$name as crate::ops::reduction::Primitive>::reduction(
                &self.axes,
                operand,
                result.dtype,
            ))
        }
        fn gradient(
            &self,
            graph: &mut crate::graph::Graph,
            vjp: &crate::ops::Vjp<'_>,
        ) -> Vec<Option<crate::graph::NodeId>> {
            let differentiable = graph.ty(vjp.operands[0]).dtype.is_differentiable();
            let gradient = <$name as crate::ops::reduction::Primitive>::gradient;
            vec![differentiable.then(|| gradient(&self.axes, graph, vjp)).flatten()]
        }
    };
    (Composite $name:ident) => {
        fn kernel(
            &self,
            _: &[crate::infer::Operand<'_>],
            _: &crate::ty::TensorType,
        ) -> crate::kernel::Kernel {
            crate::kernel::Kernel::Composite
        }
        fn expand(
            &self,
            graph: &mut crate::graph::Graph,
            operands: &[crate::graph::NodeId],
        ) -> Option<crate::graph::NodeId> {
            Some(crate::ops::reduction::Composite::expand(self, graph, operands[0]))
        }
        fn gradient(
            &self,
            _: &mut crate::graph::Graph,
            _: &crate::ops::Vjp<'_>,
        ) -> Vec<Option<crate::graph::NodeId>> {
            unreachable!("invariant: composites are expanded before they are differentiated")
        }
    };
}
pub(crate) use reduction_class;
