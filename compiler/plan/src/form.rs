//! The form of a step: what is left if it does not matter where in its buffers it begins; and its kind, what
//! is left if it does not matter either which buffers those are.

use std::collections::BTreeMap;

use tgc_graph::dim::Dim;
use tgc_scalar::dtype::DType;

use crate::{Access, BufferId, FunctionPlan, Provenance, Step, Storage};

/// What steps that do the same at other places have in common.
#[derive(Clone, Debug)]
pub struct Form {
    /// The step, as it would be if each buffer began where the step begins in it.
    pub step: Step,
    /// The buffers in the order in which the step names them, and how many elements come before.
    pub starts: Vec<(BufferId, Dim)>,
}

/// All of a step's form that code is made of: forms of one kind have the same code, given where they begin.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Kind {
    /// The form's step, of nowhere, with buffers numbered as it names them.
    step: Step,
    buffers: Vec<Traits>,
    /// Of each access of one element, whether it is there in a loop that never runs.
    is_there: Vec<bool>,
}

/// What code asks of a buffer.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Traits {
    dtype: DType,
    is_by_value: bool,
    /// The first buffer at its place.
    first: usize,
}

impl FunctionPlan<'_> {
    /// The form of a step.
    pub fn form(self, step: &Step) -> Form {
        let mut starts: Vec<(BufferId, Dim)> = vec![];
        let mut places: BTreeMap<BufferId, usize> = BTreeMap::new();
        for touch in step.accesses() {
            let at = *places.entry(touch.buffer()).or_insert(starts.len());
            // Where the first access begins, unless another needs to know the buffer's own start.
            let start = match touch.element() {
                Some(access) if self.may_begin_at(access) => &touch.access.offset,
                Some(_) | None => &Dim::Const(0),
            };
            match starts.get_mut(at) {
                None => starts.push((touch.buffer(), start.clone())),
                Some((_, first)) if *start == Dim::Const(0) => *first = Dim::Const(0),
                Some(_) => {}
            }
        }
        let mut step = step.clone();
        step.map_elements(&mut |access| {
            access.offset = &access.offset - &starts[places[&access.buffer]].1;
        });
        Form { step, starts }
    }

    /// The kind of a form.
    pub fn kind(self, form: &Form) -> Kind {
        let mut step = form.step.clone();
        let mut is_there = vec![];
        step.map_elements(&mut |access| {
            is_there.push(access.strides.is_empty() && self.buffer(access.buffer).has(&access.offset));
        });
        let order = form.starts.iter().enumerate();
        let numbers: BTreeMap<BufferId, u32> = order.map(|(i, (buffer, _))| (*buffer, i as u32)).collect();
        step.map_buffers(&mut |buffer| *buffer = BufferId(numbers[buffer]));
        if let Some(provenance) = step.provenance_mut() {
            *provenance = Provenance::default();
        }
        Kind { step, buffers: self.traits(form), is_there }
    }

    fn traits(self, form: &Form) -> Vec<Traits> {
        let places: Vec<&Storage> =
            form.starts.iter().map(|(buffer, _)| &self.buffer(*buffer).storage).collect();
        let traits = |((buffer, _), place): (&(BufferId, Dim), &&Storage)| Traits {
            dtype: self.buffer(*buffer).dtype,
            is_by_value: matches!(place, Storage::Input(i) if self.signature.inputs[*i].is_by_value()),
            first: places.iter().position(|other| other == place).expect("invariant: it is one of them"),
        };
        form.starts.iter().zip(&places).map(traits).collect()
    }

    /// Whether nobody asks if the first element of this access is there: it moves, or it is there.
    fn may_begin_at(self, access: &Access) -> bool {
        !access.strides.is_empty() || self.buffer(access.buffer).has(&access.offset)
    }
}
