//! The form of a step: what is left if it does not matter where in its buffers it begins.

use std::collections::BTreeMap;

use tgc_graph::dim::Dim;

use crate::{Access, BufferId, FunctionPlan, Step};

/// What steps that do the same at other places have in common.
#[derive(Clone, Debug)]
pub struct Form {
    /// The step, as it would be if each buffer began where the step begins in it.
    pub step: Step,
    /// The buffers in the order in which the step names them, and how many elements come before.
    pub starts: Vec<(BufferId, Dim)>,
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

    /// Whether nobody asks if the first element of this access is there: it moves, or it is there.
    fn may_begin_at(self, access: &Access) -> bool {
        !access.strides.is_empty() || self.buffer(access.buffer).has(&access.offset)
    }
}
