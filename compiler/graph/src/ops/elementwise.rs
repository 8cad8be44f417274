//! What all elementwise operations share: broadcasting, promotion, kernels, gradients and lifting follow
//! from a scalar function and its derivative.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element, Predicate, Program, Unary, Value};

use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::infer::{Constraints, Operand, Reason, TypeError, broadcast};
use crate::kernel::Kernel;
use crate::literal::{Role, computing_type, integer_range};
use crate::ops::{Magnitude, Op, Sign, Vjp};
use crate::support::keeps_zeros;
use crate::ty::TensorType;

/// An operation on corresponding elements.
pub trait Elementwise {
    /// Whether operands are converted to the result's type (or that which a `bool` comes from) first. False
    /// where the result has another type than operands, as the real part of a complex number has.
    const PROMOTES: bool = true;

    /// What a literal is to it.
    fn role(operand: usize) -> Role {
        let _ = operand;
        Role::Value
    }

    /// Groups of operands that the result is linear in, as
    /// [`Operation::linear`](crate::ops::Operation::linear) says.
    const LINEAR: &'static [&'static [usize]] = &[];

    /// Whether elements are below 0.
    const SIGN: Sign = Sign::Any;

    /// How large elements are.
    const MAGNITUDE: Magnitude = Magnitude::Unknown;

    /// The type that the scalar function computes in and the type it returns, given the operands' common
    /// type; 16-bit floats are computed in `f32` and rounded after.
    ///
    /// # Errors
    ///
    /// If the operation has no meaning for the type.
    fn dtypes(common: DType) -> Result<(DType, DType), TypeError>;

    /// The scalar function on elements of the computing type.
    fn scalar(b: &mut Builder, x: &[Element]) -> Element;

    /// The result from operands of the types that they have, where converting them to one would lose what the
    /// function needs.
    fn unpromoted(b: &mut Builder, x: &[Element]) -> Option<Element> {
        let _ = (b, x);
        None
    }

    /// The gradients by each operand as if all had the result's shape and type; exact zeros if not
    /// overridden.
    fn derivative(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
        let _ = graph;
        vec![None; vjp.operands.len()]
    }
}

/// The result's type.
pub fn infer<E: Elementwise>(
    operands: &[Operand<'_>],
    constraints: &mut Constraints<'_>,
) -> Result<TensorType, TypeError> {
    let common = computing_type(operands, 0..operands.len(), E::role)?;
    let (_, dtype) = E::dtypes(common)?;
    Ok(TensorType::new(dtype, broadcast(operands, constraints)?))
}

/// The program: promotion casts, the scalar function, and the rounding of 16-bit floats.
///
/// A weak operand's dtype decides nothing, so the common type is recovered from the operands' types by
/// `compute`, the computing type that inference found.
pub fn program<E: Elementwise>(operands: &[DType], compute: DType, result: DType) -> Program {
    let wide = compute.to_computed();
    let mut b = Builder::new(operands);
    let args: Vec<Element> = (0..operands.len()).map(|i| b.param(i)).collect();
    if let Some(value) = E::unpromoted(&mut b, &args) {
        return b.finish(vec![value]);
    }
    let args: Vec<Element> = args
        .into_iter()
        .enumerate()
        .map(|(operand, arg)| {
            let rounded = match E::role(operand) {
                Role::Value | Role::Compared => b.cast(arg, compute),
                Role::Lower | Role::Upper => bound(&mut b, arg, compute),
            };
            b.cast(rounded, wide)
        })
        .collect();
    let value = E::scalar(&mut b, &args);
    let value = b.cast(value, result);
    b.finish(vec![value])
}

/// An operand that bounds a result, in its type: what is beyond that, as literals can be, is its end.
fn bound(b: &mut Builder, value: Element, dtype: DType) -> Element {
    let (Some((least, greatest)), Some((from, to))) = (integer_range(dtype), integer_range(value.dtype))
    else {
        return b.cast(value, dtype);
    };
    let scalar = value.dtype.scalar_type();
    let mut clamped = value.re();
    if from < least {
        let end = b.int(scalar, least as i64);
        let beyond = b.compare(Predicate::Lt, clamped, end);
        clamped = b.select(beyond, end, clamped);
    }
    if to > greatest {
        let end = b.int(scalar, greatest as i64);
        let beyond = b.compare(Predicate::Gt, clamped, end);
        clamped = b.select(beyond, end, clamped);
    }
    b.cast(Element::real(value.dtype, clamped), dtype)
}

/// The kernel of a node.
pub fn kernel<E: Elementwise>(operands: &[Operand<'_>], result: &TensorType) -> Kernel {
    let common = computing_type(operands, 0..operands.len(), E::role);
    let (compute, _) = common.and_then(E::dtypes).expect("invariant: the node was inferred");
    let dtypes: Vec<DType> = operands.iter().map(|o| o.ty.dtype).collect();
    Kernel::Map(program::<E>(&dtypes, compute, result.dtype))
}

/// The gradients by each operand: the derivative, summed over stretched axes and cast back.
///
/// Where nothing of the value arrives the derivative may be infinite or NaN; it is left out of sums.
pub fn gradient<E: Elementwise>(graph: &mut Graph, vjp: &Vjp<'_>) -> Vec<Option<NodeId>> {
    let raw = E::derivative(graph, vjp);
    raw.into_iter()
        .zip(vjp.operands)
        .map(|(value, operand)| Some(summed(graph, vjp, value?, *operand)))
        .collect()
}

/// A gradient by an operand as if that had the result's shape, summed over stretched axes where the cotangent
/// counts, and cast to the operand's type.
pub fn summed(graph: &mut Graph, vjp: &Vjp<'_>, value: NodeId, operand: NodeId) -> NodeId {
    let is_stretched = graph.ty(value).shape != graph.ty(operand).shape;
    let is_plain = vjp.is_plain && keeps_zeros(graph, value, vjp.cotangent);
    let value = if is_stretched && !is_plain { vjp.support.restrict(graph, value) } else { value };
    unbroadcast(graph, value, operand)
}

/// Sums a gradient over the axes that broadcasting stretched, and casts it to the operand's type.
pub fn unbroadcast(graph: &mut Graph, cotangent: NodeId, operand: NodeId) -> NodeId {
    let (from, to) = (graph.ty(cotangent).clone(), graph.ty(operand).clone());
    let stretched: Vec<usize> =
        (0..to.rank()).filter(|&i| to.shape[i].is_one() && !from.shape[i].is_one()).collect();
    let mut value = cotangent;
    if !stretched.is_empty() {
        value = graph.op_node(crate::ops::Sum { axes: stretched.clone() }, &[value]);
        let mut kept = 0..;
        let order = (0..to.rank()).map(|i| if stretched.contains(&i) { None } else { kept.next() }).collect();
        value = graph.op_node(crate::ops::Dimshuffle { order }, &[value]);
    }
    graph.cast(value, to.dtype)
}

/// The same operation with a leading axis: operands without it get one of size 1.
pub fn lift(graph: &mut Graph, op: Op, operands: &[NodeId], batched: &[bool]) -> NodeId {
    let lifted: Vec<NodeId> = operands
        .iter()
        .zip(batched)
        .map(|(operand, batched)| if *batched { *operand } else { graph.expand_dims(*operand, 0) })
        .collect();
    graph.op_node(op, &lifted)
}

/// Stretches a value along a new leading axis: how an operation lifts that none of its operands forces to.
pub fn stretch(graph: &mut Graph, value: NodeId, lead: &Dim) -> NodeId {
    let mut shape = graph.ty(value).shape.clone();
    shape.insert(0, lead.clone());
    let dtype = graph.ty(value).dtype;
    let template = graph.op_node(crate::ops::Zero { dtype, shape }, &[]);
    let one = graph.expand_dims(value, 0);
    graph.op_node(crate::ops::Fill {}, &[template, one])
}

/// Makes an operation of a unit struct that is [`Elementwise`].
///
/// ```text
/// elementwise! {
///     /// e^x.
///     ///
///     /// (an example that runs)
///     Exp, fn exp(x), Notation::Call("exp")
/// }
/// ```
///
/// makes `pub struct Exp {}`, the operation `exp` of as many operands as it has parameters, with this
/// notation and documentation and everything else from [`Elementwise`], and the method `Tensor::exp`. With
/// `"add"(x, y)` in place of `fn add(x, y)` there is no method: an operator makes it.
macro_rules! elementwise {
    ($(#[doc = $doc:literal])* $name:ident, fn $method:ident($x:ident $(, $more:ident)*), $notation:expr) => {
        #[doc = concat!("The operation of [`Tensor::", stringify!($method), "`](crate::builder::Tensor::", stringify!($method), ").")]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name {}

        impl<'m> crate::builder::Tensor<'m> {
            $(#[doc = $doc])*
            #[track_caller]
            pub fn $method(self $(, $more: impl crate::builder::Operand<'m>)*) -> crate::builder::Tensor<'m> {
                crate::builder::broadcast($name {}, &[self $(, $more.tensor(self))*])
            }
        }

        crate::ops::elementwise::elementwise_operation!(concat!($($doc, "\n"),*), $name, stringify!($method), [$x $($more)*], $notation);
    };
    ($(#[doc = $doc:literal])* $name:ident, $text:literal($($x:ident),+), $notation:expr) => {
        $(#[doc = $doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
        pub struct $name {}

        crate::ops::elementwise::elementwise_operation!(concat!($($doc, "\n"),*), $name, $text, [$($x)+], $notation);
    };
}
pub(crate) use elementwise;

/// The operation that [`elementwise`] makes.
macro_rules! elementwise_operation {
    ($doc:expr, $name:ident, $text:expr, [$($x:ident)+], $notation:expr) => {
        crate::ops::attributes!($name, $text);

        impl $name {
            pub(crate) fn sample() -> $name {
                $name {}
            }
        }

        impl crate::ops::Operation for $name {
            crate::ops::described!($doc, [$(stringify!($x)),+].len(), $notation);

            fn promoted(&self) -> std::ops::Range<usize> {
                0..if <$name as crate::ops::elementwise::Elementwise>::PROMOTES { self.arity() } else { 0 }
            }
            fn linear(&self) -> &'static [&'static [usize]] {
                <$name as crate::ops::elementwise::Elementwise>::LINEAR
            }
            fn sign(&self) -> crate::ops::Sign {
                <$name as crate::ops::elementwise::Elementwise>::SIGN
            }
            fn magnitude(&self) -> crate::ops::Magnitude {
                <$name as crate::ops::elementwise::Elementwise>::MAGNITUDE
            }
            fn infer(
                &self,
                operands: &[crate::infer::Operand<'_>],
                constraints: &mut crate::infer::Constraints<'_>,
            ) -> Result<crate::ty::TensorType, crate::infer::TypeError> {
                crate::ops::elementwise::infer::<$name>(operands, constraints)
            }
            fn kernel(
                &self,
                operands: &[crate::infer::Operand<'_>],
                result: &crate::ty::TensorType,
            ) -> crate::kernel::Kernel {
                crate::ops::elementwise::kernel::<$name>(operands, result)
            }
            fn gradient(
                &self,
                graph: &mut crate::graph::Graph,
                vjp: &crate::ops::Vjp<'_>,
            ) -> Vec<Option<crate::graph::NodeId>> {
                crate::ops::elementwise::gradient::<$name>(graph, vjp)
            }
            fn lift(
                &self,
                graph: &mut crate::graph::Graph,
                operands: &[crate::graph::NodeId],
                batched: &[bool],
                _: &crate::dim::Dim,
            ) -> crate::graph::NodeId {
                crate::ops::elementwise::lift(graph, (*self).into(), operands, batched)
            }
        }
    };
}
pub(crate) use elementwise_operation;

/// Types for arithmetic that every element type has: computes in and returns the common type.
pub fn any(common: DType) -> Result<(DType, DType), TypeError> {
    Ok((common, common))
}

/// Types for a function of the reals: integers go to floats, complex is not admitted.
pub fn real_function(name: &str, common: DType) -> Result<(DType, DType), TypeError> {
    if common.is_complex() {
        return Err(TypeError::new(
            Reason::ElementType { dtype: common },
            format!("{name} of {{0}}, whose elements are complex, is not defined in this version"),
            "use a real tensor",
        ));
    }
    let dtype = common.to_inexact();
    Ok((dtype, dtype))
}

/// Types for a function of real and complex numbers: integers go to floats.
pub fn function(common: DType) -> Result<(DType, DType), TypeError> {
    let dtype = common.to_inexact();
    Ok((dtype, dtype))
}

/// Types for division with a rest: integers and floats.
pub fn divisible(symbol: &str, common: DType) -> Result<(DType, DType), TypeError> {
    if common == DType::Bool || common.is_complex() {
        return Err(TypeError::new(
            Reason::ElementType { dtype: common },
            format!(
                "`{symbol}` is not defined on {common}, the element type that {{0}} has or is converted to"
            ),
            "cast to an integer or real type first",
        ));
    }
    Ok((common, common))
}

/// Types for functions that keep every real type; complex is not admitted.
pub fn real(name: &str, common: DType) -> Result<(DType, DType), TypeError> {
    if common.is_complex() {
        return Err(TypeError::new(
            Reason::ElementType { dtype: common },
            format!("{name} is not defined on {common}, the element type that {{0}} has or is converted to"),
            "use real tensors",
        ));
    }
    Ok((common, common))
}

/// Types for logic: `bool` and integers.
pub fn bits(symbol: &str, common: DType) -> Result<(DType, DType), TypeError> {
    if common.is_differentiable() {
        return Err(TypeError::new(
            Reason::ElementType { dtype: common },
            format!(
                "`{symbol}` is not defined on {common}, the element type that {{0}} has or is converted to"
            ),
            "compare to get bool, or cast to one integer type",
        ));
    }
    Ok((common, common))
}

/// Types for shifts: integers.
pub fn integers(symbol: &str, common: DType) -> Result<(DType, DType), TypeError> {
    if common == DType::Bool || common.is_differentiable() {
        return Err(TypeError::new(
            Reason::ElementType { dtype: common },
            format!(
                "`{symbol}` is not defined on {common}, the element type that {{0}} has or is converted to"
            ),
            "cast to one integer type",
        ));
    }
    Ok((common, common))
}

/// A rounding of floats to integers, which leaves integers as they are.
pub fn rounded(b: &mut Builder, rounding: Unary, x: &Element) -> Element {
    if x.dtype.is_float() { x.map(&mut |part| b.unary(rounding, part)) } else { *x }
}

/// A product of x and what goes to 0 faster where x goes to minus infinity: -0 at minus infinity, not NaN.
pub fn vanishing_at_minus_infinity(b: &mut Builder, x: Value, product: Value) -> Value {
    let scalar = b.scalar_type(x);
    let (bottom, limit) = (b.float(scalar, f64::NEG_INFINITY), b.float(scalar, -0.0));
    let at_bottom = b.compare(Predicate::Eq, x, bottom);
    b.select(at_bottom, limit, product)
}

/// x between two bounds of one magnitude, with the gradient 1 up to them.
pub fn bounded(graph: &mut Graph, x: NodeId, bound: f64) -> NodeId {
    let (dtype, rank) = (graph.ty(x).dtype, graph.ty(x).rank());
    let [lower, upper] = [-bound, bound].map(|bound| graph.splat(dtype, rank, bound));
    graph.op_node(crate::ops::Clip {}, &[x, lower, upper])
}

/// Types for arithmetic that `bool` has no negatives for.
pub fn not_bool(symbol: &str, common: DType) -> Result<(DType, DType), TypeError> {
    if common == DType::Bool {
        return Err(TypeError::new(
            Reason::ElementType { dtype: common },
            format!("`{symbol}` is not defined on bool, the element type of {{0}}"),
            "cast to an integer type first",
        ));
    }
    Ok((common, common))
}
