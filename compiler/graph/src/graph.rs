//! The graph: append-only, hash-consed, well-typed by construction.
//!
//! [`Graph::add`] is the only way in. It infers the type, finds an equal node if there is one, and writes
//! both the operand list and petgraph's edges. Operands have smaller ids than their users; ids are never
//! reused; a published graph is never changed.

use std::collections::HashMap;

use petgraph::Direction;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, EdgeRef, Reversed};
use smallvec::SmallVec;
use tgc_scalar::dtype::DType;

use crate::array::Array;
use crate::data::DataStore;
use crate::dim::{Dim, Symbols};
use crate::infer::{Constraints, Equations, Operand, Reason, TypeError};
use crate::kernel::Kernel;
use crate::limits::MAX_OPERANDS;
use crate::literal::Literal;
use crate::ops::{Constant, Op};
use crate::origin::Origin;
use crate::ty::{MAX_RANK, TensorType};

/// Names a node of one graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(pub u32);

impl NodeId {
    /// The position, to index dense tables.
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// Operands in order.
pub type Operands = SmallVec<[NodeId; 3]>;

/// One value.
#[derive(Clone, Debug)]
pub struct Node {
    /// What computes it.
    pub op: Op,
    /// From what.
    pub operands: Operands,
    /// Its type.
    pub ty: TensorType,
    /// Who asked for it.
    pub origin: Origin,
}

/// A directed acyclic graph of tensor operations. See the module's documentation.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    dag: DiGraph<Node, usize, u32>,
    known: HashMap<(Op, Operands), NodeId>,
    /// What nodes refer to.
    pub scope: Scope,
    /// Whether a pass builds it, of what was found to be right.
    derived: bool,
    origin: Option<Origin>,
}

/// What nodes of a graph refer to, and mean nothing without.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// The sizes that shapes refer to.
    pub symbols: Symbols,
    /// The tensor data that constants refer to.
    pub data: DataStore,
    /// Sizes that a call checks to be equal; inference takes each pair as equal.
    pub equations: Equations,
}

impl Graph {
    /// An empty graph in a scope.
    pub fn new(scope: Scope) -> Graph {
        Graph { scope, ..Graph::default() }
    }

    /// An empty graph in this graph's scope: where a pass builds its result.
    pub fn successor(&self) -> Graph {
        Graph { derived: true, ..Graph::new(self.scope.clone()) }
    }

    /// Whether a pass built it, of what was found to be right.
    pub(crate) fn is_derived(&self) -> bool {
        self.derived
    }

    /// Number of nodes.
    pub fn len(&self) -> usize {
        self.dag.node_count()
    }

    /// True when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The node with this id.
    pub fn node(&self, id: NodeId) -> &Node {
        &self.dag[NodeIndex::new(id.index())]
    }

    /// The operation of a node.
    pub fn op(&self, id: NodeId) -> &Op {
        &self.node(id).op
    }

    /// The type of a node.
    pub fn ty(&self, id: NodeId) -> &TensorType {
        &self.node(id).ty
    }

    /// The operands of a node.
    pub fn operands(&self, id: NodeId) -> &[NodeId] {
        &self.node(id).operands
    }

    /// All ids, operands before users.
    pub fn ids(&self) -> impl DoubleEndedIterator<Item = NodeId> + use<> {
        (0..self.len() as u32).map(NodeId)
    }

    /// The petgraph view: an edge for each use, from operand to user, with the operand's position.
    pub fn dag(&self) -> &DiGraph<Node, usize, u32> {
        &self.dag
    }

    /// The uses of a node: who, and as which operand.
    pub fn uses(&self, id: NodeId) -> impl Iterator<Item = (NodeId, usize)> {
        let edges = self.dag.edges_directed(NodeIndex::new(id.index()), Direction::Outgoing);
        edges.map(|edge| (NodeId(edge.target().index() as u32), *edge.weight()))
    }

    /// How often the nodes that `roots` need use each node; a root is used once more, from outside.
    pub fn use_counts(&self, roots: &[NodeId]) -> Vec<usize> {
        let live = self.reachable(roots);
        let by_live = |id| self.uses(id).filter(|(user, _)| live[user.index()]).count();
        let mut counts: Vec<usize> = self.ids().map(by_live).collect();
        roots.iter().for_each(|root| counts[root.index()] += 1);
        counts
    }

    /// The kernel class of a node.
    pub fn kernel(&self, id: NodeId) -> Kernel {
        let node = self.node(id);
        node.op.definition().kernel(&self.described(&node.operands), &node.ty)
    }

    /// Sets the origin of nodes added from here on.
    pub fn set_origin(&mut self, origin: Origin) {
        self.origin = Some(origin);
    }

    /// Adds a node, or finds the equal one.
    ///
    /// # Errors
    ///
    /// If the operands do not fit the operation; the graph is then unchanged.
    pub fn add(&mut self, op: impl Into<Op>, operands: &[NodeId]) -> Result<NodeId, TypeError> {
        let key = (op.into(), Operands::from_slice(operands));
        if let Some(&id) = self.known.get(&key) {
            return Ok(id);
        }
        let ty = self.infer(&key.0, operands)?;
        let origin = self.origin.clone().unwrap_or_else(Origin::unknown);
        let index = self.dag.add_node(Node { op: key.0.clone(), operands: key.1.clone(), ty, origin });
        for (position, operand) in operands.iter().enumerate() {
            self.dag.add_edge(NodeIndex::new(operand.index()), index, position);
        }
        let id = NodeId(index.index() as u32);
        self.known.insert(key, id);
        Ok(id)
    }

    fn infer(&mut self, op: &Op, operands: &[NodeId]) -> Result<TensorType, TypeError> {
        let mut equations = std::mem::take(&mut self.scope.equations);
        let before = equations.made.as_ref().map_or(0, Vec::len);
        let ty = self.infer_with(op, operands, &mut equations);
        if let (Err(_), Some(made)) = (&ty, &mut equations.made) {
            // What an ill-typed node required is nobody's constraint.
            made.truncate(before);
        }
        self.scope.equations = equations;
        ty
    }

    fn infer_with(
        &self,
        op: &Op,
        operands: &[NodeId],
        equations: &mut Equations,
    ) -> Result<TensorType, TypeError> {
        let building = equations.made.is_some();
        if building && operands.len() > MAX_OPERANDS {
            return Err(TypeError::new(
                Reason::Limit { most: MAX_OPERANDS, has: operands.len() },
                format!("{} would have {} operands", op.name(), operands.len()),
                format!("{MAX_OPERANDS} is the most; join some of them first"),
            ));
        }
        let described = self.described(operands);
        check_arity(op, &described)?;
        let mut constraints = Constraints { symbols: &self.scope.symbols, equations, lenient: self.derived };
        let ty = op.definition().infer(&described, &mut constraints)?;
        // Passes may need one axis more for a while.
        if building && ty.rank() > MAX_RANK {
            return Err(TypeError::new(
                Reason::Limit { most: MAX_RANK, has: ty.rank() },
                format!("the result of {} would have {} axes", op.name(), ty.rank()),
                format!("{MAX_RANK} is the most; merge some with reshape"),
            ));
        }
        Ok(ty)
    }

    fn described(&self, operands: &[NodeId]) -> SmallVec<[Operand<'_>; 3]> {
        operands.iter().map(|id| Operand { ty: self.ty(*id), literal: self.literal(*id) }).collect()
    }

    /// The values of a literal.
    pub fn literal(&self, id: NodeId) -> Option<Literal> {
        if let Op::Constant(constant) = self.op(id) { Literal::of(constant, &self.scope.data) } else { None }
    }

    /// True for literals, whose width promotion ignores.
    pub fn is_weak(&self, id: NodeId) -> bool {
        matches!(self.op(id), Op::Constant(c) if c.weak)
    }

    /// Adds a node that is well-typed by the caller's argument.
    ///
    /// # Panics
    ///
    /// If it is not: an error of the pass, never of a user.
    #[track_caller]
    pub fn op_node(&mut self, op: impl Into<Op>, operands: &[NodeId]) -> NodeId {
        match self.add(op, operands) {
            Ok(id) => id,
            Err(error) => panic!(
                "invariant: passes build well-typed nodes: {}",
                error.describe(&|i| format!("operand {i}"))
            ),
        }
    }

    /// A constant of one value, with `rank` axes of size 1 so that it broadcasts over anything.
    pub fn splat(&mut self, dtype: DType, rank: usize, value: f64) -> NodeId {
        let constant = Constant::splat(dtype, vec![Dim::Const(1); rank], value);
        self.op_node(constant, &[])
    }

    /// A constant array; an array of one value is kept as a splat.
    pub fn constant(&mut self, array: Array) -> NodeId {
        let constant = Constant::from_array(&array, &mut self.scope.data);
        self.op_node(constant, &[])
    }

    /// The nodes that `roots` need, themselves included, by id.
    pub fn reachable(&self, roots: &[NodeId]) -> Vec<bool> {
        let mut live = vec![false; self.len()];
        let operands = Reversed(&self.dag);
        let mut search = Dfs::empty(operands);
        search.stack = roots.iter().map(|root| NodeIndex::new(root.index())).collect();
        while let Some(node) = search.next(operands) {
            live[node.index()] = true;
        }
        live
    }
}

fn check_arity(op: &Op, operands: &[Operand<'_>]) -> Result<(), TypeError> {
    let arity = op.definition().arity();
    if operands.len() == arity {
        return Ok(());
    }
    Err(TypeError::new(
        Reason::Arity { takes: arity, has: operands.len() },
        format!("{} takes {arity} operands and has {}", op.name(), operands.len()),
        "give it as many as it takes",
    ))
}
