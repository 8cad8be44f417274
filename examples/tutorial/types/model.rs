//! Every constructor of an input: eight prefixes with seven shapes each, one at a time and several, and the
//! general one.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(types)
}

/// For each prefix the functions `b_sum` of a tensor of every shape, and `b_difference` of two.
macro_rules! functions {
    ($m:ident $($prefix:literal: $scalar:ident $scalars:ident $vector:ident $vectors:ident $matrix:ident $matrices:ident
       $row:ident $rows:ident $col:ident $cols:ident $tensor3:ident $tensor3s:ident $tensor4:ident $tensor4s:ident;)*) => {$(
        let name = |rest: &str| format!("{}_{rest}", $prefix);
        let inputs = [
            $m.$scalar(&name("scalar")),
            $m.$vector(&name("vector")),
            $m.$matrix(&name("matrix")),
            $m.$row(&name("row")),
            $m.$col(&name("col")),
            $m.$tensor3(&name("tensor3")),
            $m.$tensor4(&name("tensor4")),
        ];
        $m.function(&name("sum")).inputs(inputs).output("total", broadcast_sum(inputs)).finish()?;

        let pairs = [
            $m.$scalars([&name("scalar_a"), &name("scalar_b")]),
            $m.$vectors([&name("vector_a"), &name("vector_b")]),
            $m.$matrices([&name("matrix_a"), &name("matrix_b")]),
            $m.$rows([&name("row_a"), &name("row_b")]),
            $m.$cols([&name("col_a"), &name("col_b")]),
            $m.$tensor3s([&name("tensor3_a"), &name("tensor3_b")]),
            $m.$tensor4s([&name("tensor4_a"), &name("tensor4_b")]),
        ];
        let differences = pairs.map(|[a, b]| a - b);
        $m.function(&name("difference"))
            .inputs(pairs.into_iter().flatten())
            .output("total", broadcast_sum(differences))
            .finish()?;
    )*};
}

/// The sum of tensors that stretch to one shape. That is static, so all sizes are: none is left for callers
/// to give.
fn broadcast_sum(tensors: [Tensor<'_>; 7]) -> Tensor<'_> {
    let zeros = tensors[0].model().zeros([2, 2, 2, 3], Bool);
    tensors.into_iter().fold(zeros, |sum, tensor| sum + tensor)
}

fn types() -> Result<Model, BuildError> {
    let m = Model::new("types");
    functions! { m
        "b": bscalar bscalars bvector bvectors bmatrix bmatrices brow brows bcol bcols btensor3 btensor3s btensor4 btensor4s;
        "w": wscalar wscalars wvector wvectors wmatrix wmatrices wrow wrows wcol wcols wtensor3 wtensor3s wtensor4 wtensor4s;
        "i": iscalar iscalars ivector ivectors imatrix imatrices irow irows icol icols itensor3 itensor3s itensor4 itensor4s;
        "l": lscalar lscalars lvector lvectors lmatrix lmatrices lrow lrows lcol lcols ltensor3 ltensor3s ltensor4 ltensor4s;
        "f": fscalar fscalars fvector fvectors fmatrix fmatrices frow frows fcol fcols ftensor3 ftensor3s ftensor4 ftensor4s;
        "d": dscalar dscalars dvector dvectors dmatrix dmatrices drow drows dcol dcols dtensor3 dtensor3s dtensor4 dtensor4s;
        "c": cscalar cscalars cvector cvectors cmatrix cmatrices crow crows ccol ccols ctensor3 ctensor3s ctensor4 ctensor4s;
        "z": zscalar zscalars zvector zvectors zmatrix zmatrices zrow zrows zcol zcols ztensor3 ztensor3s ztensor4 ztensor4s;
    }
    promotion(&m)?;
    Ok(m)
}

/// Element types without a prefix, and what becomes of two that meet.
fn promotion(m: &Model) -> Result<(), BuildError> {
    let n = m.dim("N");
    let flag = m.tensor("flag", Bool, [n]);
    let [u8, i8] = [m.tensor("u8", U8, [n]), m.tensor("i8", I8, [n])];
    let [u16, u32] = [m.tensor("u16", U16, [n]), m.tensor("u32", U32, [n])];
    let [u64, i64] = [m.tensor("u64", U64, [n]), m.tensor("i64", I64, [n])];
    let [f16, bf16] = [m.tensor("f16", F16, [n]), m.tensor("bf16", BF16, [n])];
    m.function("promote")
        .inputs([flag, u8, i8, u16, u32, u64, i64, f16, bf16])
        .outputs([
            ("not_flag", !flag),
            ("u8_i8", u8 + i8),
            ("u16_u32", u16 + u32),
            ("u64_i64", u64 + i64),
            ("f16_bf16", f16 * bf16),
            ("f16_literal", f16 * 0.5),
            ("i8_literal", i8 * 2),
            ("i8_quotient", i8 / 2),
        ])
        .finish()
}
