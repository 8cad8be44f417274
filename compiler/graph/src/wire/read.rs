//! Bytes to modules. Nothing that the bytes say is believed before it is checked.

use std::io::Read;
use std::sync::Arc;

use tgc_scalar::dtype::DType;

use super::error::{WireError, malformed};
use super::head::{HEAD_BYTES, Head, check_magic, hash};
use super::tables::{
    AllTables, ArrayRow, AtomRow, AttributeRow, DetailRow, DimRow, EquationRow, FunctionRow, NodeRow, OpRow,
    OriginRow, TypeRow, atom as kind_of_atom, kind, tables_from_bytes,
};
use super::write::padded;
use crate::array::Array;
use crate::attribute::{Attribute, AttributeError, Attributes};
use crate::data::{DataId, DataStore};
use crate::dim::{Atom, Dim, Symbol, SymbolId, Symbols};
use crate::graph::{Graph, NodeId, Scope};
use crate::infer::{Equation, Equations};
use crate::limits::{
    MAX_ATOMS, MAX_EQUATIONS, MAX_FILL_BYTES, MAX_LIST, MAX_OPERANDS, MAX_WEIGHT, array_bytes, is_small,
};
use crate::module::{Function, Module, Output, SharedVariable, Update};
use crate::ops::Op;
use crate::origin::Origin;
use crate::ty::{MAX_RANK, TensorType};
use crate::verify::verify;

/// Reads a module from the bytes of a file.
///
/// # Errors
///
/// If they are damaged, of a newer format, or of a model that is not valid.
pub fn decode(bytes: &[u8]) -> Result<Module, WireError> {
    read(bytes, bytes.len() as u64)
}

/// Reads a module from a stream of `length` bytes.
///
/// # Errors
///
/// Those of the stream, and if the bytes are damaged, of a newer format, or of a model that is not valid.
pub fn read(mut from: impl Read, length: u64) -> Result<Module, WireError> {
    let head = read_head(&mut from, length)?;
    let tables = read_exact(&mut from, head.table_bytes as usize)?;
    if hash(&tables) != head.table_hash {
        return Err(WireError::Damaged("the tables".to_owned()));
    }
    read_padding(&mut from, HEAD_BYTES + tables.len())?;
    let all = tables_from_bytes(&tables, head.format)?;
    let reader = Reader { needed: head.needed(), strings: intern(&all.tables.strings) };
    let arrays = reader.arrays(&all.tables.arrays, head.data_bytes, &mut from)?;
    let module = reader.module(&all, &arrays)?;
    verify(&module)?;
    Ok(module)
}

fn read_head(from: &mut impl Read, length: u64) -> Result<Head, WireError> {
    if length == 0 {
        return Err(WireError::Empty);
    }
    let present = read_exact(from, (length as usize).min(HEAD_BYTES))?;
    check_magic(&present)?;
    let Ok(bytes) = <[u8; HEAD_BYTES]>::try_from(present.as_slice()) else {
        return Err(WireError::Length { found: length, expected: HEAD_BYTES as u64 });
    };
    let head = Head::from_bytes(&bytes)?;
    let expected = head.file_bytes().unwrap_or(u64::MAX);
    if length != expected {
        return Err(WireError::Length { found: length, expected });
    }
    Ok(head)
}

fn read_exact(from: &mut impl Read, bytes: usize) -> Result<Vec<u8>, WireError> {
    let mut buffer = vec![0; bytes];
    from.read_exact(&mut buffer)?;
    Ok(buffer)
}

/// Reads zeros up to the next multiple of 64.
fn read_padding(from: &mut impl Read, before: usize) -> Result<(), WireError> {
    let mut padding = [0; 64];
    let padding = &mut padding[..padded(before) - before];
    from.read_exact(padding)?;
    match padding.iter().all(|byte| *byte == 0) {
        true => Ok(()),
        false => Err(WireError::Damaged("the space between sections".to_owned())),
    }
}

fn intern(strings: &[String]) -> Vec<Arc<str>> {
    strings.iter().map(|text| Arc::from(text.as_str())).collect()
}

/// A row of a table.
fn row<'t, T>(table: &'t [T], index: u32, what: &str) -> Result<&'t T, WireError> {
    table.get(index as usize).ok_or_else(|| malformed(format!("there is no {what} number {index}")))
}

struct Reader {
    /// The oldest tgc that reads the file.
    needed: String,
    strings: Vec<Arc<str>>,
}

/// What other tables have for one function.
struct Beside<'t> {
    atoms: &'t [AtomRow],
    details: &'t [DetailRow],
    /// Those of the whole module.
    arrays: &'t [ArrayRow],
}

/// The tables of one function, as they are in memory.
struct FunctionTables<'t> {
    dims: Vec<Dim>,
    types: Vec<TensorType>,
    ops: &'t [OpRow],
    origins: Vec<Origin>,
}

impl Reader {
    fn string(&self, index: u32) -> Result<&Arc<str>, WireError> {
        row(&self.strings, index, "string")
    }

    fn unknown(&self, what: &'static str, name: &str) -> WireError {
        WireError::Unknown { what, name: name.to_owned(), needed: self.needed.clone() }
    }

    fn dtype(&self, index: u32) -> Result<DType, WireError> {
        let name = self.string(index)?;
        DType::from_name(name).ok_or_else(|| self.unknown("element type", name))
    }

    /// All arrays, each with its data read into place.
    fn arrays(
        &self,
        rows: &[ArrayRow],
        bytes: u64,
        from: &mut impl Read,
    ) -> Result<Vec<DataStore>, WireError> {
        let (mut left, mut filled) = (bytes as usize, 0);
        let mut arrays = vec![];
        for row in rows {
            let (dtype, shape, bytes) = self.array_type(row)?;
            let array = match row.fill {
                Some(parts) => {
                    filled += bytes.min(MAX_FILL_BYTES + 1);
                    if filled > MAX_FILL_BYTES {
                        return Err(malformed("its arrays without data are too large"));
                    }
                    Array::splat(dtype, shape, parts)
                }
                None => {
                    let Some(rest) = left.checked_sub(padded(bytes)) else {
                        return Err(malformed("its arrays are larger than its data"));
                    };
                    left = rest;
                    let mut array = Array::zeros_of(dtype, shape);
                    from.read_exact(array.bytes_mut())?;
                    read_padding(from, bytes)?;
                    array
                }
            };
            let mut store = DataStore::default();
            let id = store.insert(array);
            if id != array_id(row) {
                return Err(WireError::Damaged(format!("array {}", arrays.len())));
            }
            arrays.push(store);
        }
        if left > 0 {
            return Err(malformed("it has data that belongs to no array"));
        }
        Ok(arrays)
    }

    fn array_type(&self, row: &ArrayRow) -> Result<(DType, Vec<usize>, usize), WireError> {
        let dtype = self.dtype(row.dtype)?;
        if row.shape.len() > MAX_RANK {
            return Err(malformed(format!("an array has {} axes", row.shape.len())));
        }
        let shape: Option<Vec<usize>> = row.shape.iter().map(|n| usize::try_from(*n).ok()).collect();
        let sized = shape.and_then(|shape| array_bytes(dtype, &shape).map(|bytes| (dtype, shape, bytes)));
        sized.ok_or_else(|| malformed(format!("the array size {:?} overflows", row.shape)))
    }

    fn module(&self, all: &AllTables, arrays: &[DataStore]) -> Result<Module, WireError> {
        let tables = &all.tables;
        let mut module =
            Module { name: self.string(tables.name)?.to_string(), shared: vec![], functions: vec![] };
        for shared in &tables.shared {
            let name = self.string(shared.name)?.to_string();
            let (_, initial) = only(row(arrays, shared.initial, "array")?);
            module.shared.push(SharedVariable { name, initial: initial.clone() });
        }
        for (i, function) in tables.functions.iter().enumerate() {
            let beside = Beside {
                atoms: all.atoms.functions.get(i).map_or(&[], Vec::as_slice),
                details: all.details.functions.get(i).map_or(&[], Vec::as_slice),
                arrays: &tables.arrays,
            };
            let read = self.function(function, &beside, arrays);
            module.functions.push(read.map_err(|error| in_function(error, i))?);
        }
        Ok(module)
    }

    fn function(
        &self,
        function: &FunctionRow,
        beside: &Beside<'_>,
        arrays: &[DataStore],
    ) -> Result<Function, WireError> {
        let symbols = self.symbols(function)?;
        let dims = self.dims(&function.dims, beside.atoms, &symbols)?;
        let equations = self.equations(&function.equations, &dims)?;
        let tables = FunctionTables {
            types: function.types.iter().map(|row| self.ty(row, &dims)).collect::<Result<_, _>>()?,
            origins: self.origins(function, beside.details)?,
            ops: &function.ops,
            dims,
        };
        let mut graph = Graph::new(Scope { symbols, data: DataStore::default(), equations });
        let ops: Vec<Op> = tables
            .ops
            .iter()
            .map(|op| self.op(op, &tables.dims, beside.arrays, arrays, &mut graph.scope.data))
            .collect::<Result<_, _>>()?;
        for node in &function.nodes {
            add(&mut graph, node, &ops, &tables)?;
        }
        let mut read = Function {
            name: self.string(function.name)?.to_string(),
            inputs: function.inputs.iter().map(|id| NodeId(*id)).collect(),
            outputs: vec![],
            updates: vec![],
            graph,
        };
        for output in &function.outputs {
            read.outputs
                .push(Output { name: self.string(output.name)?.to_string(), node: NodeId(output.node) });
        }
        for update in &function.updates {
            read.updates.push(Update { shared: update.shared as usize, node: NodeId(update.node) });
        }
        Ok(read)
    }

    fn symbols(&self, function: &FunctionRow) -> Result<Symbols, WireError> {
        let mut symbols = Symbols::default();
        for symbol in &function.symbols {
            let name = self.string(symbol.name)?.to_string();
            symbols.push(Symbol { name, min: symbol.min, max: symbol.max, hint: symbol.hint });
        }
        Ok(symbols)
    }

    /// All sizes. A size is made of those before it, so that nothing refers to itself.
    fn dims(&self, rows: &[DimRow], atoms: &[AtomRow], symbols: &Symbols) -> Result<Vec<Dim>, WireError> {
        if atoms.len() > MAX_ATOMS {
            return Err(malformed(format!(
                "its sizes are made of more than {MAX_ATOMS} quotients and the like"
            )));
        }
        let mut dims: Vec<Dim> = vec![];
        let mut known: Vec<Option<Atom>> = vec![None; atoms.len()];
        for written in rows {
            let made = dim(written, &mut |number| {
                let Some(index) = (number as usize).checked_sub(symbols.len()) else {
                    return Ok(Atom::Symbol(SymbolId(number)));
                };
                let row =
                    atoms.get(index).ok_or_else(|| malformed(format!("there is no size number {number}")))?;
                if known[index].is_none() {
                    known[index] = Some(self.atom(row, &dims, symbols)?);
                }
                Ok(known[index].clone().expect("invariant: made above"))
            })?;
            dims.push(made);
        }
        Ok(dims)
    }

    /// A function of sizes that were read before it.
    fn atom(&self, atom: &AtomRow, dims: &[Dim], symbols: &Symbols) -> Result<Atom, WireError> {
        if atom.operands.len() > MAX_WEIGHT {
            return Err(malformed("a size is too complicated"));
        }
        let operand = |index: &u32| {
            let before = dims.get(*index as usize).cloned();
            before.ok_or_else(|| malformed("a size is made of one that does not come before it"))
        };
        let operands: Vec<Dim> = atom.operands.iter().map(operand).collect::<Result<_, _>>()?;
        let made = match (atom.kind, operands.as_slice()) {
            (kind_of_atom::FLOOR_DIV, [a, b]) => a.floor_div(b, symbols),
            (kind_of_atom::MOD, [a, b]) => a.modulo(b, symbols),
            (kind_of_atom::MIN, _) => Dim::min_of(&operands, symbols),
            (kind_of_atom::MAX, _) => Dim::max_of(&operands, symbols),
            (0..=kind_of_atom::MAX, _) => return Err(malformed("a size has another number of operands")),
            (kind, _) => return Err(self.unknown("kind of size", &kind.to_string())),
        };
        let same = made.as_atom().filter(|made| made.operands() == operands);
        same.cloned().ok_or_else(|| malformed("a size is not in normal form"))
    }

    fn equations(&self, rows: &[EquationRow], dims: &[Dim]) -> Result<Equations, WireError> {
        if rows.len() > MAX_EQUATIONS {
            return Err(malformed("it has too many equations"));
        }
        let mut known = vec![];
        for equation in rows {
            known.push(Equation {
                left: row(dims, equation.left, "size")?.clone(),
                right: row(dims, equation.right, "size")?.clone(),
                left_name: self.string(equation.left_name)?.to_string(),
                right_name: self.string(equation.right_name)?.to_string(),
            });
        }
        Ok(Equations { known, made: None })
    }

    fn origins(&self, function: &FunctionRow, details: &[DetailRow]) -> Result<Vec<Origin>, WireError> {
        if !details.is_empty() && details.len() != function.origins.len() {
            return Err(malformed("its origins have not each a column and a name"));
        }
        let line = DetailRow::default();
        let details = details.iter().chain(std::iter::repeat(&line));
        function.origins.iter().zip(details).map(|(row, detail)| self.origin(row, detail)).collect()
    }

    fn origin(&self, row: &OriginRow, detail: &DetailRow) -> Result<Origin, WireError> {
        let origin = Origin::new(self.string(row.file)?.clone(), row.line).column(detail.column);
        Ok(match detail.name {
            Some(name) => origin.named(self.string(name)?.clone()),
            None => origin,
        })
    }

    fn ty(&self, ty: &TypeRow, dims: &[Dim]) -> Result<TensorType, WireError> {
        if ty.shape.len() > MAX_RANK {
            return Err(malformed(format!("a type has {} axes, and {MAX_RANK} is the most", ty.shape.len())));
        }
        let shape = ty.shape.iter().map(|index| row(dims, *index, "size").cloned());
        Ok(TensorType { dtype: self.dtype(ty.dtype)?, shape: shape.collect::<Result<_, _>>()? })
    }

    fn op(
        &self,
        op: &OpRow,
        dims: &[Dim],
        rows: &[ArrayRow],
        arrays: &[DataStore],
        data: &mut DataStore,
    ) -> Result<Op, WireError> {
        let name = self.string(op.name)?;
        let mut attributes = Attributes::default();
        for attribute in &op.attributes {
            let value = self.attribute(attribute, dims, rows)?;
            if let Attribute::Data(_) = value {
                data.extend(row(arrays, attribute.value[0] as u32, "array")?);
            }
            attributes.0.insert(self.string(attribute.name)?.to_string(), value);
        }
        Op::from_parts(name, &attributes).map_err(|error| match error {
            AttributeError::Operation(_) => self.unknown("operation", name),
            AttributeError::Unknown(attribute) => self.unknown("attribute", &format!("{name}.{attribute}")),
            error @ AttributeError::Missing(..)
            | error @ AttributeError::Negative(_)
            | error @ AttributeError::Kind(..)
            | error @ AttributeError::Word(..) => malformed(format!("{name}: {error}")),
        })
    }

    fn attribute(
        &self,
        written: &AttributeRow,
        dims: &[Dim],
        rows: &[ArrayRow],
    ) -> Result<Attribute, WireError> {
        if written.value.len() > MAX_LIST {
            return Err(malformed("the value of an attribute is too long"));
        }
        let index = |value: &u64| u32::try_from(*value).unwrap_or(u32::MAX);
        let dim = |value: &u64| row(dims, index(value), "size").cloned();
        Ok(match (written.kind, written.value.as_slice()) {
            (kind::BOOL, [value @ (0 | 1)]) => Attribute::Bool(*value == 1),
            (kind::INT, [value]) => Attribute::Int(*value as i64),
            (kind::INTS, values) => Attribute::Ints(values.iter().map(|value| *value as i64).collect()),
            (kind::DTYPE, [value]) => Attribute::DType(self.dtype(index(value))?),
            (kind::DIM, [value]) => Attribute::Dim(dim(value)?),
            (kind::DIMS, values) => Attribute::Dims(values.iter().map(dim).collect::<Result<_, _>>()?),
            (kind::TEXT, [value]) => Attribute::Text(self.string(index(value))?.clone()),
            (kind::ELEMENT, [re, im]) => Attribute::Element([*re, *im]),
            (kind::DATA, [value]) => Attribute::Data(array_id(row(rows, index(value), "array")?)),
            (0..=kind::DATA, _) => return Err(malformed("an attribute has another number of values")),
            (kind, _) => return Err(self.unknown("kind of attribute", &kind.to_string())),
        })
    }
}

/// The only array of a store that the reader made.
fn only(store: &DataStore) -> (DataId, &Array) {
    store.iter().next().expect("invariant: each store holds the one array that it was made for")
}

fn array_id(row: &ArrayRow) -> DataId {
    DataId(u128::from(row.id[0]) | u128::from(row.id[1]) << 64)
}

/// A sum of products of atoms, which are numbered behind the symbols.
fn dim(row: &DimRow, atoms: &mut dyn FnMut(u32) -> Result<Atom, WireError>) -> Result<Dim, WireError> {
    let mut terms = vec![];
    for term in &row.terms {
        let mut monomial = vec![];
        for power in &term.powers {
            monomial.push((atoms(power.symbol)?, power.exponent));
        }
        let ascending = monomial.windows(2).all(|pair| pair[0].0 < pair[1].0);
        if !ascending || monomial.iter().any(|(_, exponent)| *exponent == 0) {
            return Err(malformed("the factors of a size are not in normal form"));
        }
        terms.push((monomial, term.coefficient));
    }
    let count = terms.len();
    let dim = Dim::from_terms(terms);
    if dim.terms().len() != count || !is_small(&dim) {
        return Err(malformed("a size is too complicated, or not in normal form"));
    }
    Ok(dim)
}

/// Adds a node and checks that it is new and has the written type.
fn add(graph: &mut Graph, node: &NodeRow, ops: &[Op], tables: &FunctionTables<'_>) -> Result<(), WireError> {
    let number = graph.len();
    let fail = |problem: String| malformed(format!("%{number}: {problem}"));
    if node.operands.len() > MAX_OPERANDS {
        return Err(fail(format!("it has more than {MAX_OPERANDS} operands")));
    }
    if let Some(operand) = node.operands.iter().find(|operand| **operand as usize >= number) {
        return Err(fail(format!("its operand %{operand} does not come before it")));
    }
    let op = row(ops, node.op, "operation")?.clone();
    let [ty] = node.types.as_slice() else {
        return Err(fail(format!("it has {} results, and this version knows one", node.types.len())));
    };
    let ty = row(&tables.types, *ty, "type")?;
    graph.set_origin(row(&tables.origins, node.origin, "origin")?.clone());
    let operands: Vec<NodeId> = node.operands.iter().map(|id| NodeId(*id)).collect();
    let name = op.name();
    let id = graph
        .add(op, &operands)
        .map_err(|error| fail(format!("{name}: {}", error.describe(&|i| format!("operand {i}")))))?;
    if id.index() != number {
        return Err(fail(format!("it repeats %{}", id.0)));
    }
    let inferred = graph.ty(id);
    if inferred != ty {
        let [have, want] = [ty, inferred].map(|ty| ty.display(&graph.scope.symbols).to_string());
        return Err(fail(format!("its type is {have}, and {name} of its operands gives {want}")));
    }
    Ok(())
}

fn in_function(error: WireError, index: usize) -> WireError {
    match error {
        WireError::Malformed(problem) => malformed(format!("function {index}: {problem}")),
        other @ WireError::File { .. }
        | other @ WireError::Io(_)
        | other @ WireError::NotAModel(_)
        | other @ WireError::Empty
        | other @ WireError::Length { .. }
        | other @ WireError::Damaged(_)
        | other @ WireError::Newer { .. }
        | other @ WireError::Unknown { .. }
        | other @ WireError::Invalid(_) => other,
    }
}
