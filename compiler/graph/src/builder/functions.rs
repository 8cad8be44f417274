//! The elementwise methods of [`Tensor`] as functions, for those who write `exp(x)`.

use super::Tensor;

macro_rules! functions {
    ($($name:ident($x:ident $(, $more:ident)*);)*) => {$(
        #[doc = concat!("[`Tensor::", stringify!($name), "`].")]
        #[track_caller]
        pub fn $name<'m>($x: Tensor<'m> $(, $more: impl super::Operand<'m>)*) -> Tensor<'m> {
            $x.$name($($more),*)
        }
    )*};
}

functions! {
    abs(x);
    and(x, y);
    angle(z);
    arccos(x);
    arccosh(x);
    arcsin(x);
    arcsinh(x);
    arctan(x);
    arctan2(y, x);
    arctanh(x);
    ceil(x);
    clip(x, lower, upper);
    complex(re, im);
    conj(z);
    consider_constant(x);
    cos(x);
    cosh(x);
    deg2rad(x);
    difference_of_squares(x, y);
    elu(x, alpha);
    eq(x, y);
    erf(x);
    erfc(x);
    exp(x);
    exp2(x);
    exp_product(x, y);
    expm1(x);
    floor(x);
    gamma(x);
    gammaln(x);
    ge(x, y);
    gelu(x);
    gelu_tanh(x);
    gt(x, y);
    hard_sigmoid(x);
    hypot(x, y);
    imag(z);
    int_div(x, y);
    invert(x);
    isfinite(x);
    isinf(x);
    isnan(x);
    le(x, y);
    leaky_relu(x, slope);
    left_shift(x, y);
    log(x);
    log10(x);
    log1mexp(x);
    log1p(x);
    log2(x);
    log_softmax(x);
    logaddexp(x, y);
    logistic_density(x);
    sech_squared(x);
    lt(x, y);
    maximum(x, y);
    minimum(x, y);
    modulo(x, y);
    neq(x, y);
    or(x, y);
    pow(x, y);
    psi(x);
    rad2deg(x);
    real(z);
    reciprocal(x);
    relu(x);
    right_shift(x, y);
    round(x);
    round_half_away(x);
    rsqrt(x);
    selu(x);
    sgn(x);
    sigmoid(x);
    silu(x);
    sin(x);
    sinh(x);
    softmax(x);
    softplus(x);
    softsign(x);
    sqr(x);
    sqrt(x);
    switch(condition, x, y);
    tan(x);
    tanh(x);
    trunc(x);
    xor(x, y);
}
