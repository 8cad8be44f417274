//! Programs in wide arithmetic.

use tgc_scalar::dtype::DType;
use tgc_scalar::{Binary, Builder, Dd, Element, Inst, Predicate, ScalarType, Value, Wide, run_inst};

#[test]
fn wide_programs_do_not_round() {
    let mut b = Builder::new(&[DType::F32, DType::I32]);
    let (x, i) = (b.param(0).re(), b.param(1).re());
    let half = b.convert(x, ScalarType::F16);
    let single = b.convert(half, ScalarType::F32);
    let difference = b.binary(Binary::Sub, single, x);
    let whole = b.convert(half, ScalarType::I8);
    let is_less = b.compare(Predicate::Lt, single, x);
    let real = b.convert(i, ScalarType::F64);
    let chosen = b.select(is_less, i, i);
    let results = [
        (DType::F32, difference),
        (DType::I8, whole),
        (DType::Bool, is_less),
        (DType::F64, real),
        (DType::I32, chosen),
    ];
    let program = b.finish(results.map(|(dtype, v)| Element::real(dtype, v)).to_vec());
    let x = Wide::Real(Dd { hi: -1000.1, lo: 1e-15 });
    let i = Wide::Bits(0xffff_ffff);
    let zero = Wide::Real(Dd::default());
    let want = vec![zero, Wide::Bits(0x80), Wide::Bits(0), Wide::Real(Dd::from(-1.0)), i];
    assert_eq!(program.run_wide(&[[x; 2], [i; 2]]), want);
}

#[test]
fn wide_values_round_to_the_nearest_once() {
    // Just above the middle of 1 and the next f16, by less than an f64 or f32 can say.
    let above = Wide::Real(Dd { hi: 1.0 + 2f64.powi(-11), lo: 2f64.powi(-90) });
    assert_eq!(above.to_bits(ScalarType::F16), 0x3c01);
    let tie = Wide::Real(Dd::from(1.0 + 2f64.powi(-11)));
    assert_eq!(tie.to_bits(ScalarType::F16), 0x3c00);
    let narrow = Inst::Convert(Value(0));
    assert_eq!(
        run_inst(&narrow, ScalarType::F16, &[(tie.to_bits(ScalarType::F64), ScalarType::F64)]),
        Some(0x3c00)
    );
}
