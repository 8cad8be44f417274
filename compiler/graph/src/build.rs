//! Short spellings for passes and gradient rules that build nodes. Operands are well-typed by the
//! caller's argument; all have one rank.

use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::ops::{
    Add, BroadcastTo, Cast, Conj, Dimshuffle, Div, Dot, Gt, Iota, Mul, Neg, Reshape, Sub, Switch, Zero,
};

impl Graph {
    /// `a + b`.
    pub fn plus(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.op_node(Add {}, &[a, b])
    }

    /// `a - b`.
    pub fn minus(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.op_node(Sub {}, &[a, b])
    }

    /// `a * b`.
    pub fn times(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.op_node(Mul {}, &[a, b])
    }

    /// `a / b`.
    pub fn over(&mut self, a: NodeId, b: NodeId) -> NodeId {
        self.op_node(Div {}, &[a, b])
    }

    /// `-a`.
    pub fn negated(&mut self, a: NodeId) -> NodeId {
        self.op_node(Neg {}, &[a])
    }

    /// The complex conjugate; `a` itself if it is not complex.
    pub fn conj(&mut self, a: NodeId) -> NodeId {
        if self.ty(a).dtype.is_complex() { self.op_node(Conj {}, &[a]) } else { a }
    }

    /// `a` where `condition` holds, else `b`.
    pub fn choose(&mut self, condition: NodeId, a: NodeId, b: NodeId) -> NodeId {
        self.op_node(Switch {}, &[condition, a, b])
    }

    /// `a` where `condition` holds, else an exact zero.
    pub fn only_where(&mut self, condition: NodeId, a: NodeId) -> NodeId {
        let zero = self.exact_zero(a);
        self.choose(condition, a, zero)
    }

    /// `a` where `condition` does not hold, else an exact zero.
    pub fn unless(&mut self, condition: NodeId, a: NodeId) -> NodeId {
        let zero = self.exact_zero(a);
        self.choose(condition, zero, a)
    }

    /// A zero of the type of `a` that broadcasts over it.
    pub(crate) fn exact_zero(&mut self, a: NodeId) -> NodeId {
        let ty = self.ty(a);
        let zero = Zero { dtype: ty.dtype, shape: vec![Dim::Const(1); ty.rank()] };
        self.op_node(zero, &[])
    }

    /// `a > 0`.
    pub fn is_positive(&mut self, a: NodeId) -> NodeId {
        let zero = self.splat(self.ty(a).dtype, self.ty(a).rank(), 0.0);
        self.op_node(Gt {}, &[a, zero])
    }

    /// 0, 1, 2, … as `i64`.
    pub fn iota(&mut self, size: Dim) -> NodeId {
        self.op_node(Iota { size }, &[])
    }

    /// `a` in another element type; `a` itself if it has it.
    pub fn cast(&mut self, a: NodeId, dtype: DType) -> NodeId {
        if self.ty(a).dtype == dtype { a } else { self.op_node(Cast { dtype }, &[a]) }
    }

    /// The elements of `a` as those of a node of its own.
    pub fn copy(&mut self, a: NodeId) -> NodeId {
        self.op_node(Cast { dtype: self.ty(a).dtype }, &[a])
    }

    /// The sums of products over one axis of each operand, after batch axes.
    pub fn contract(&mut self, [a, b]: [NodeId; 2], batch: usize, [left, right]: [usize; 2]) -> NodeId {
        self.op_node(Dot { batch, left: vec![left], right: vec![right] }, &[a, b])
    }

    /// `a` with a new axis of size 1 before axis `axis`.
    pub fn expand_dims(&mut self, a: NodeId, axis: usize) -> NodeId {
        let rank = self.ty(a).rank();
        let order = (0..axis).map(Some).chain([None]).chain((axis..rank).map(Some)).collect();
        self.dimshuffle(a, order)
    }

    /// `a` in another shape with as many elements.
    pub fn reshape(&mut self, a: NodeId, shape: Vec<Dim>) -> NodeId {
        self.op_node(Reshape { shape }, &[a])
    }

    /// `a` stretched to a shape.
    pub fn broadcast_to(&mut self, a: NodeId, shape: Vec<Dim>) -> NodeId {
        self.op_node(BroadcastTo { shape }, &[a])
    }

    /// `a` with its axes in another order; `a` itself if the order is its own.
    pub fn dimshuffle(&mut self, a: NodeId, order: Vec<Option<usize>>) -> NodeId {
        let rank = self.ty(a).rank();
        if order.len() == rank && order.iter().enumerate().all(|(i, o)| *o == Some(i)) {
            return a;
        }
        self.op_node(Dimshuffle { order }, &[a])
    }
}
