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
    exp(x);
    log(x);
    log1p(x);
    sigmoid(x);
    softplus(x);
    sqr(x);
    consider_constant(x);
}
