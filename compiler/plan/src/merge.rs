//! Plans of one model for several machines as one plan.

use std::collections::HashMap;

use tgc_graph::data::DataId;

use crate::{Body, ModelPlan, Storage};

impl ModelPlan {
    /// A plan with the variants of several, in order. The plans are of one model; constants that several
    /// need are there once.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn merge(plans: Vec<ModelPlan>) -> ModelPlan {
        let mut plans = plans.into_iter();
        let mut merged = plans.next().expect("a plan to begin with");
        for plan in plans {
            merged.take(plan);
        }
        merged
    }

    fn take(&mut self, mut other: ModelPlan) {
        let constants = &mut self.interface.constants;
        let mut known: HashMap<DataId, usize> =
            constants.iter().enumerate().map(|(i, array)| (DataId::of(array), i)).collect();
        let mut place = |array: tgc_graph::array::Array| {
            *known.entry(DataId::of(&array)).or_insert_with(|| {
                constants.push(array);
                constants.len() - 1
            })
        };
        let places: Vec<usize> = other.interface.constants.drain(..).map(&mut place).collect();
        let bodies = other.variants.iter_mut().flat_map(|variant| &mut variant.bodies);
        bodies.for_each(|body| move_constants(body, &places));
        self.variants.append(&mut other.variants);
        let functions = self.interface.functions.iter_mut().zip(other.interface.functions);
        for (mine, function) in functions {
            mine.reads.extend(function.reads);
            mine.reads.sort_unstable();
            mine.reads.dedup();
        }
    }
}

fn move_constants(body: &mut Body, places: &[usize]) {
    for buffer in &mut body.buffers {
        if let Storage::Constant(index) = &mut buffer.storage {
            *index = places[*index];
        }
    }
}
