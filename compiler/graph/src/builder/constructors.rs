//! The table of typed constructors: `dscalar`, `fmatrix`, `crow`, … and their plural forms.

use std::panic::Location;

use tgc_scalar::dtype::DType;

use super::{IntoShape, Model, Tensor};
use crate::dim::Dim;
use crate::origin::Origin;

impl Model {
    /// An input of any element type and shape: [`Model::input`] under the name that the table's general
    /// constructor has.
    ///
    /// ```
    /// # use tgc_graph::prelude::*;
    /// # let m = Model::new("example");
    /// let mask = m.tensor("mask", Bool, [m.dim("N"), 3.into()]);
    /// let weights = m.tensor("weights", BF16, [3]);
    /// m.function("apply").inputs([mask, weights]).output("y", mask * weights).finish()?;
    /// # Ok::<(), BuildError>(())
    /// ```
    #[track_caller]
    pub fn tensor<'m>(&'m self, name: &str, dtype: DType, shape: impl IntoShape<'m>) -> Tensor<'m> {
        self.input(name, dtype, shape)
    }

    /// An input of a rank whose sizes are symbols named after it: `x_0`, `x_1`, ….
    fn ranked(
        &self,
        name: &str,
        dtype: DType,
        shape: &[Option<i64>],
        author: &'static Location<'static>,
    ) -> Tensor<'_> {
        let mut arena = self.arena_mut();
        let dims: Vec<Dim> = shape
            .iter()
            .enumerate()
            .map(|(axis, size)| match size {
                Some(n) => Dim::Const(*n),
                None => Dim::symbol(arena.symbol(&format!("{name}_{axis}"))),
            })
            .collect();
        drop(arena);
        self.input_of(name, dtype, dims, Origin::here(author))
    }
}

/// For each element type one method a rank: `constructors!(D, F64, dscalar dscalars …)` makes
/// `Model::dscalar(name)` and `Model::dscalars([names…])`, and so on for each shape.
macro_rules! constructors {
    ($($dtype:ident: $scalar:ident $scalars:ident $vector:ident $vectors:ident $matrix:ident $matrices:ident
       $row:ident $rows:ident $col:ident $cols:ident $tensor3:ident $tensor3s:ident $tensor4:ident $tensor4s:ident;)*) => {
        impl Model {
            $(
                constructors!(@one $dtype $scalar $scalars "0-d" []);
                constructors!(@one $dtype $vector $vectors "1-d" [None]);
                constructors!(@one $dtype $matrix $matrices "2-d" [None, None]);
                constructors!(@one $dtype $row $rows "`[1, n]`" [Some(1), None]);
                constructors!(@one $dtype $col $cols "`[n, 1]`" [None, Some(1)]);
                constructors!(@one $dtype $tensor3 $tensor3s "3-d" [None, None, None]);
                constructors!(@one $dtype $tensor4 $tensor4s "4-d" [None, None, None, None]);
            )*
        }
    };
    (@one $dtype:ident $one:ident $many:ident $what:literal [$($size:expr),*]) => {
        #[doc = concat!("A ", $what, " input of element type `", stringify!($dtype), "`.")]
        #[track_caller]
        pub fn $one(&self, name: &str) -> Tensor<'_> {
            self.ranked(name, DType::$dtype, &[$($size),*], Location::caller())
        }

        #[doc = concat!("Several ", $what, " inputs of element type `", stringify!($dtype), "`.")]
        #[track_caller]
        pub fn $many<const N: usize>(&self, names: [&str; N]) -> [Tensor<'_>; N] {
            // A closure does not see its caller's caller.
            let author = Location::caller();
            names.map(|name| self.ranked(name, DType::$dtype, &[$($size),*], author))
        }
    };
}

constructors! {
    I8: bscalar bscalars bvector bvectors bmatrix bmatrices brow brows bcol bcols btensor3 btensor3s btensor4 btensor4s;
    I16: wscalar wscalars wvector wvectors wmatrix wmatrices wrow wrows wcol wcols wtensor3 wtensor3s wtensor4 wtensor4s;
    I32: iscalar iscalars ivector ivectors imatrix imatrices irow irows icol icols itensor3 itensor3s itensor4 itensor4s;
    I64: lscalar lscalars lvector lvectors lmatrix lmatrices lrow lrows lcol lcols ltensor3 ltensor3s ltensor4 ltensor4s;
    F32: fscalar fscalars fvector fvectors fmatrix fmatrices frow frows fcol fcols ftensor3 ftensor3s ftensor4 ftensor4s;
    F64: dscalar dscalars dvector dvectors dmatrix dmatrices drow drows dcol dcols dtensor3 dtensor3s dtensor4 dtensor4s;
    C64: cscalar cscalars cvector cvectors cmatrix cmatrices crow crows ccol ccols ctensor3 ctensor3s ctensor4 ctensor4s;
    C128: zscalar zscalars zvector zvectors zmatrix zmatrices zrow zrows zcol zcols ztensor3 ztensor3s ztensor4 ztensor4s;
}
