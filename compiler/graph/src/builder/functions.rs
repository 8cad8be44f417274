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
    ceil(x);
    clip(x, lower, upper);
    consider_constant(x);
    deg2rad(x);
    elu(x, alpha);
    eq(x, y);
    exp(x);
    floor(x);
    ge(x, y);
    gt(x, y);
    hard_sigmoid(x);
    isfinite(x);
    isinf(x);
    isnan(x);
    le(x, y);
    leaky_relu(x, slope);
    log(x);
    log1p(x);
    logaddexp(x, y);
    lt(x, y);
    maximum(x, y);
    minimum(x, y);
    neq(x, y);
    rad2deg(x);
    relu(x);
    round(x);
    round_half_away(x);
    selu(x);
    sigmoid(x);
    silu(x);
    softplus(x);
    sqr(x);
    switch(condition, x, y);
    trunc(x);
}
