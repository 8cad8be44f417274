//! What scans share: the axis, the direction, and whether an element's own place is left out.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Builder, Element};

use crate::infer::{Operand, Reason, TypeError};
use crate::kernel::{Kernel, Scan};
use crate::ops::reduction::{conversion, number};

/// How a scan goes.
#[derive(Clone, Copy, Debug)]
pub struct Direction {
    /// Along which axis.
    pub axis: usize,
    /// From the last element to the first.
    pub reverse: bool,
    /// Each result is that of the elements before its own place.
    pub exclusive: bool,
}

impl Direction {
    /// Checks that the operands have the axis.
    ///
    /// # Errors
    ///
    /// If they do not.
    pub fn check(self, name: &str, operands: &[Operand<'_>]) -> Result<(), TypeError> {
        let rank = operands[0].ty.rank();
        if self.axis < rank {
            return Ok(());
        }
        Err(TypeError::new(
            Reason::axes(0, &[self.axis], rank),
            format!("{name} along axis {} of {{0}}, which has {rank} axes", self.axis),
            "name an axis that it has, counted from 0",
        ))
    }
}

/// A scan of one number, by what differs from one to another.
pub struct Running<'a> {
    /// The number before any element.
    pub start: f64,
    /// The number after the first element.
    pub first: &'a dyn Fn(&mut Builder, &[Element]) -> Element,
    /// The number after a further one.
    pub step: &'a dyn Fn(&mut Builder, Element, &[Element]) -> Element,
}

/// The kernel of a scan that is kept in the type `accumulator`, to which elements are converted
/// first.
///
/// Where it is exclusive there are two accumulators: the number before the element and the number after it.
pub fn kernel(
    direction: Direction,
    operands: &[DType],
    [accumulator, result]: [DType; 2],
    running: &Running<'_>,
) -> Kernel {
    let Direction { axis, reverse, exclusive } = direction;
    let accumulators = vec![accumulator; if exclusive { 2 } else { 1 }];
    let elements = |b: &mut Builder, skip: usize| -> Vec<Element> {
        (0..operands.len())
            .map(|i| {
                let own = b.param(skip + i);
                b.cast(own, accumulator)
            })
            .collect()
    };

    let mut b = Builder::new(operands);
    let own = elements(&mut b, 0);
    let after = (running.first)(&mut b, &own);
    let before = number(&mut b, accumulator, running.start);
    let first = b.finish(if exclusive { vec![before, after] } else { vec![after] });

    let mut b = Builder::new(&[&accumulators, operands].concat());
    let own = elements(&mut b, accumulators.len());
    let before = b.param(accumulators.len() - 1);
    let after = (running.step)(&mut b, before, &own);
    let step = b.finish(if exclusive { vec![before, after] } else { vec![after] });

    let finish = match exclusive {
        false => conversion(accumulator, result),
        true => {
            let mut b = Builder::new(&accumulators);
            let before = b.param(0);
            let before = b.cast(before, result);
            b.finish(vec![before])
        }
    };
    Kernel::Scan(Scan { axis, reverse, accumulators, first, step, finish })
}

/// Makes an operation of a scan of one operand, which keeps shape and type, and its methods.
///
/// ```text
/// running! {
///     /// The running sum.
///     ///
///     /// (an example that runs)
///     Cumsum, fn cumsum
/// }
/// ```
///
/// makes `pub struct Cumsum { axis, reverse, exclusive }`, the operation `cumsum`, whose kernel
/// `Cumsum::running()` says and whose gradient is `Cumsum::gradient`, and the methods `Tensor::cumsum` and
/// `Along::cumsum`.
macro_rules! running {
    ($(#[doc = $doc:literal])* $name:ident, fn $method:ident) => {
        #[doc = concat!("The operation of [`Tensor::", stringify!($method), "`](crate::builder::Tensor::", stringify!($method), ").")]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub struct $name {
            /// The axis to go along.
            pub axis: usize,
            /// From the last element to the first.
            pub reverse: bool,
            /// Each result is that of the elements before its own place.
            pub exclusive: bool,
        }

        crate::ops::attributes!($name, stringify!($method), axis, reverse, exclusive);

        impl<'m> crate::builder::Tensor<'m> {
            $(#[doc = $doc])*
            #[track_caller]
            pub fn $method(self, axis: i64) -> crate::builder::Tensor<'m> {
                self.along(axis).$method()
            }
        }

        impl<'m> crate::builder::Along<'m> {
            #[doc = concat!("[`Tensor::", stringify!($method), "`](crate::builder::Tensor::", stringify!($method), ").")]
            #[track_caller]
            pub fn $method(self) -> crate::builder::Tensor<'m> {
                let crate::builder::Along { tensor, axis, reverse, exclusive } = self;
                tensor.unary($name { axis, reverse, exclusive })
            }
        }

        impl $name {
            pub(crate) fn sample() -> $name {
                $name { axis: 0, reverse: false, exclusive: false }
            }

            fn direction(&self) -> crate::ops::running::Direction {
                let $name { axis, reverse, exclusive } = *self;
                crate::ops::running::Direction { axis, reverse, exclusive }
            }
        }

        crate::ops::running::running_operation!($name, concat!($($doc, "\n"),*));
    };
}
pub(crate) use running;

/// The operation that [`running`] makes.
macro_rules! running_operation {
    ($name:ident, $doc:expr) => {
        impl crate::ops::Operation for $name {
            crate::ops::described!($doc, 1, crate::ops::Notation::Call(Self::NAME));

            fn infer(
                &self,
                operands: &[crate::infer::Operand<'_>],
                _: &mut crate::infer::Constraints<'_>,
            ) -> Result<crate::ty::TensorType, crate::infer::TypeError> {
                self.direction().check(Self::NAME, operands)?;
                Ok(operands[0].ty.clone())
            }
            fn kernel(
                &self,
                operands: &[crate::infer::Operand<'_>],
                result: &crate::ty::TensorType,
            ) -> crate::kernel::Kernel {
                let types = [crate::ops::reduction::accumulator(result.dtype), result.dtype];
                crate::ops::running::kernel(
                    self.direction(),
                    &[operands[0].ty.dtype],
                    types,
                    &Self::running(),
                )
            }
            fn gradient(
                &self,
                graph: &mut crate::graph::Graph,
                vjp: &crate::ops::Vjp<'_>,
            ) -> Vec<Option<crate::graph::NodeId>> {
                vec![Some($name::gradient(*self, graph, vjp))]
            }
            fn lift(
                &self,
                graph: &mut crate::graph::Graph,
                operands: &[crate::graph::NodeId],
                _: &[bool],
                _: &crate::dim::Dim,
            ) -> crate::graph::NodeId {
                graph.op_node($name { axis: self.axis + 1, ..*self }, operands)
            }
        }
    };
}
pub(crate) use running_operation;
