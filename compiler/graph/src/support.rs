//! Where a cotangent is a number: everywhere else it is an exact zero, since nothing of the value arrives
//! there.
//!
//! A `switch` that did not take an element, a slice that left it out, an index that names others, a part that
//! was written over: what is not used contributes nothing, whatever the derivatives behind it are. Outside
//! its support a cotangent's value is not looked at, and may be infinite or NaN, until [`Support::restrict`]
//! makes it 0.
//!
//! A support is kept as what made it, so that parts that together are everything are seen to be, and is made
//! a mask only where one is needed. It may be larger than what arrives, never smaller.

use tgc_scalar::dtype::DType;

use crate::dim::Dim;
use crate::graph::{Graph, NodeId};
use crate::ops::{And, Constant, Fill, Ge, Invert, Lt, Modulo, Neq, Op, Or, Scatter, SizeValue, Zero};

mod places;

pub(crate) use places::{Places, Slice};

/// A union of parts; without parts, nowhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Support {
    /// `None` is everywhere.
    parts: Option<Vec<Part>>,
}

/// Where all these hold; the innermost switch first. Without factors, everywhere.
pub(crate) type Part = Vec<Factor>;

/// A condition on an element's place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Factor {
    /// Its index along an axis is in a slice.
    Slice(Slice),
    /// Indices name it.
    Places(Places),
    /// A tensor, which stretches to the cotangent's shape, is true or not 0 there, or with the second branch
    /// is not.
    Holds(Condition),
}

/// A tensor that says where.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Condition {
    /// The tensor.
    pub node: NodeId,
    /// Whether it is to be true.
    pub branch: Branch,
    /// Whether it comes from values that a `switch` chose by, not from places alone.
    pub by_value: bool,
}

/// An operand of a `switch`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Branch {
    /// Taken where the condition holds.
    First,
    /// Taken where it does not.
    Second,
}

impl Branch {
    fn other(self) -> Branch {
        match self {
            Branch::First => Branch::Second,
            Branch::Second => Branch::First,
        }
    }
}

impl Factor {
    /// The places that a tensor which does not come from values marks by what is not 0.
    pub(crate) fn marked(node: NodeId, by_value: bool) -> Factor {
        Factor::Holds(Condition { node, branch: Branch::First, by_value })
    }

    pub(crate) fn is_by_value(&self) -> bool {
        matches!(self, Factor::Holds(Condition { by_value: true, .. }))
    }

    /// The condition as a node, for a cotangent of a shape.
    pub(crate) fn condition(&self, graph: &mut Graph, shape: &[Dim]) -> Condition {
        let node = match self {
            Factor::Holds(condition) => return *condition,
            Factor::Slice(slice) => slice_condition(graph, slice, shape),
            Factor::Places(places) => places_condition(graph, places, shape),
        };
        Condition { node, branch: Branch::First, by_value: false }
    }
}

impl Support {
    /// Every place.
    pub(crate) const EVERYWHERE: Support = Support { parts: None };

    /// A union of parts.
    pub(crate) fn of(parts: impl IntoIterator<Item = Part>, graph: &Graph) -> Support {
        let nowhere = Support { parts: Some(vec![]) };
        parts.into_iter().fold(nowhere, |support, part| support.with(part, graph))
    }

    pub(crate) fn is_everywhere(&self) -> bool {
        self.parts.is_none()
    }

    pub(crate) fn is_nowhere(&self) -> bool {
        self.parts.as_ref().is_some_and(Vec::is_empty)
    }

    /// The parts; one without factors for everywhere.
    pub(crate) fn parts(&self) -> Vec<Part> {
        self.parts.clone().unwrap_or_else(|| vec![vec![]])
    }

    /// What is inside further switches, given from the innermost; they were applied before those that are
    /// known.
    pub(crate) fn inside(&self, switches: &[Condition], graph: &Graph) -> Support {
        let inner = || switches.iter().map(|condition| Factor::Holds(*condition));
        Support::of(self.parts().into_iter().map(|part| inner().chain(part).collect()), graph)
    }

    /// Both.
    pub(crate) fn union(&self, other: &Support, graph: &Graph) -> Support {
        match (&self.parts, &other.parts) {
            (Some(_), Some(parts)) => {
                parts.iter().fold(self.clone(), |sum, part| sum.with(part.clone(), graph))
            }
            (None, _) | (_, None) => Support::EVERYWHERE,
        }
    }

    /// The condition by which two supports part what is in both but for it, and that.
    pub(crate) fn complement(&self, other: &Support) -> Option<(Condition, Support)> {
        let (Some([a]), Some([b])) = (self.parts.as_deref(), other.parts.as_deref()) else { return None };
        let differ =
            (a.len() == b.len()).then(|| (0..a.len()).filter(|i| a[*i] != b[*i]).collect::<Vec<_>>())?;
        let [at] = differ[..] else { return None };
        let (Factor::Holds(first), Factor::Holds(second)) = (&a[at], &b[at]) else { return None };
        let mirrored = Condition { branch: second.branch.other(), ..*second };
        let mut rest = a.clone();
        rest.remove(at);
        let rest = if rest.is_empty() { Support::EVERYWHERE } else { Support { parts: Some(vec![rest]) } };
        (mirrored == *first).then_some((*first, rest))
    }

    /// A value here, and an exact zero elsewhere.
    pub(crate) fn restrict(&self, graph: &mut Graph, value: NodeId) -> NodeId {
        let shape = graph.ty(value).shape.clone();
        match self.parts.as_deref() {
            None => value,
            Some([]) => graph.op_node(Zero { dtype: graph.ty(value).dtype, shape }, &[]),
            Some([part]) => part.iter().fold(value, |value, factor| {
                let Condition { node, branch, .. } = factor.condition(graph, &shape);
                match branch {
                    Branch::First => graph.only_where(node, value),
                    Branch::Second => graph.unless(node, value),
                }
            }),
            Some(parts) => {
                let masks: Vec<NodeId> = parts.iter().map(|part| mask(graph, part, &shape)).collect();
                let any = masks.into_iter().reduce(|a, b| graph.op_node(Or {}, &[a, b]));
                graph.only_where(any.expect("invariant: there are two parts"), value)
            }
        }
    }

    /// With a further part; parts that meet become one.
    fn with(self, mut part: Part, graph: &Graph) -> Support {
        let Some(mut parts) = self.parts else { return Support::EVERYWHERE };
        while let Some((at, both)) =
            parts.iter().enumerate().find_map(|(i, p)| Some((i, merged(p, &part, graph)?)))
        {
            parts.remove(at);
            part = both;
        }
        parts.push(part);
        if let Some((strided, all)) = interleaved(&parts, graph) {
            let mut at = 0..;
            parts.retain(|_| !strided.contains(&at.next().expect("invariant: an endless range")));
            return Support { parts: Some(parts) }.with(all, graph);
        }
        let everywhere = parts.iter().any(Vec::is_empty);
        Support { parts: (!everywhere).then_some(parts) }
    }
}

/// One part that is both, where there is one.
fn merged(a: &Part, b: &Part, graph: &Graph) -> Option<Part> {
    let within = |small: &Part, large: &Part| large.iter().all(|factor| small.contains(factor));
    if within(a, b) {
        return Some(b.clone());
    }
    if within(b, a) {
        return Some(a.clone());
    }
    let only = |a: &Part, b: &Part| -> Vec<usize> { (0..a.len()).filter(|i| !b.contains(&a[*i])).collect() };
    let ([i], [j]) = (&only(a, b)[..], &only(b, a)[..]) else { return None };
    let (Factor::Slice(first), Factor::Slice(second)) = (&a[*i], &b[*j]) else { return None };
    let both = first.union(second, &graph.scope.symbols)?;
    Some(replaced(a, *i, &both))
}

/// A part with the slice at a position replaced; left out if it is all of the axis.
fn replaced(part: &Part, at: usize, slice: &Slice) -> Part {
    let mut part = part.clone();
    match slice.is_all() {
        true => drop(part.remove(at)),
        false => part[at] = Factor::Slice(slice.clone()),
    }
    part
}

/// Parts that differ in where their steps along an axis begin, and are all of it together.
fn interleaved(parts: &[Part], graph: &Graph) -> Option<(Vec<usize>, Part)> {
    let last = parts.last()?;
    let at = last.iter().position(|factor| matches!(factor, Factor::Slice(slice) if slice.step > 1))?;
    let Factor::Slice(slice) = &last[at] else { return None };
    let all = replaced(last, at, &Slice::all(slice.axis, slice.size.clone()));
    let found: Option<Vec<usize>> = (0..slice.step)
        .map(|start| {
            parts.iter().position(|part| {
                part.len() == last.len()
                    && part.iter().enumerate().all(|(i, factor)| match factor {
                        Factor::Slice(other) if i == at => {
                            other.is_all_from(start, slice, &graph.scope.symbols)
                        }
                        Factor::Slice(_) | Factor::Places(_) | Factor::Holds(_) => *factor == last[i],
                    })
            })
        })
        .collect();
    Some((found?, all))
}

/// Whether a value is 0 wherever another is, by a few operations that have no other factors than finite
/// constants.
pub(crate) fn keeps_zeros(graph: &Graph, value: NodeId, of: NodeId) -> bool {
    let operands = graph.operands(value);
    let finite = |id: NodeId| {
        if let Op::Constant(constant) = graph.op(id) {
            Constant::as_f64(constant).is_some_and(f64::is_finite)
        } else {
            false
        }
    };
    if let Op::Neg(_) | Op::Cast(_) | Op::Conj(_) = graph.op(value) {
        return value == of || keeps_zeros(graph, operands[0], of);
    }
    let is_scaled = |(a, b): (usize, usize)| finite(operands[a]) && keeps_zeros(graph, operands[b], of);
    value == of || matches!(graph.op(value), Op::Mul(_)) && [(0, 1), (1, 0)].into_iter().any(is_scaled)
}

/// A part as a `bool` tensor that stretches to a shape.
pub(crate) fn mask(graph: &mut Graph, part: &[Factor], shape: &[Dim]) -> NodeId {
    let conditions: Vec<NodeId> = part.iter().map(|factor| truth(graph, factor, shape)).collect();
    let all = conditions.into_iter().reduce(|a, b| graph.op_node(And {}, &[a, b]));
    all.unwrap_or_else(|| graph.splat(DType::Bool, shape.len(), 1.0))
}

/// A factor as a `bool` tensor.
fn truth(graph: &mut Graph, factor: &Factor, shape: &[Dim]) -> NodeId {
    let Condition { node, branch, .. } = factor.condition(graph, shape);
    let (dtype, rank) = (graph.ty(node).dtype, graph.ty(node).rank());
    let node = if dtype == DType::Bool {
        node
    } else {
        let zero = graph.splat(dtype, rank, 0.0);
        graph.op_node(Neq {}, &[node, zero])
    };
    match branch {
        Branch::First => node,
        Branch::Second => graph.op_node(Invert {}, &[node]),
    }
}

/// A size that broadcasts over tensors of a rank.
pub(crate) fn size(graph: &mut Graph, size: &Dim, rank: usize) -> NodeId {
    match size.as_const() {
        Some(value) => graph.splat(DType::I64, rank, value as f64),
        None => {
            let value = graph.op_node(SizeValue { size: size.clone() }, &[]);
            graph.dimshuffle(value, vec![None; rank])
        }
    }
}

fn slice_condition(graph: &mut Graph, slice: &Slice, shape: &[Dim]) -> NodeId {
    let rank = shape.len();
    let index = graph.iota(slice.size.clone());
    let index = graph.dimshuffle(index, (0..rank).map(|axis| (axis == slice.axis).then_some(0)).collect());
    let start = size(graph, &slice.start, rank);
    let mut conditions = vec![];
    if slice.start != Dim::Const(0) {
        conditions.push(graph.op_node(Ge {}, &[index, start]));
    }
    if slice.stop != slice.size {
        let stop = size(graph, &slice.stop, rank);
        conditions.push(graph.op_node(Lt {}, &[index, stop]));
    }
    if slice.step > 1 {
        let [step, zero] = [slice.step, 0].map(|n| graph.splat(DType::I64, rank, n as f64));
        let beyond = graph.minus(index, start);
        let rest = graph.op_node(Modulo {}, &[beyond, step]);
        conditions.push(graph.op_node(crate::ops::Eq {}, &[rest, zero]));
    }
    let all = conditions.into_iter().reduce(|a, b| graph.op_node(And {}, &[a, b]));
    all.unwrap_or_else(|| graph.splat(DType::Bool, rank, 1.0))
}

/// Which places indices name, found by setting them.
fn places_condition(graph: &mut Graph, places: &Places, shape: &[Dim]) -> NodeId {
    let place = places.of_own_axes();
    let own: Vec<Dim> = places.axes.iter().map(|axis| shape[*axis].clone()).collect();
    let unmarked = graph.op_node(Zero { dtype: DType::Bool, shape: own }, &[]);
    let read = graph.op_node(place.clone(), &[&[unmarked], &places.index[..]].concat());
    let one = graph.splat(DType::Bool, graph.ty(read).rank(), 1.0);
    let marks = graph.op_node(Fill {}, &[read, one]);
    let marked = graph.op_node(Scatter::at(place), &[&[unmarked], &places.index[..], &[marks]].concat());
    let order = (0..shape.len()).map(|axis| places.axes.iter().position(|own| *own == axis)).collect();
    graph.dimshuffle(marked, order)
}
