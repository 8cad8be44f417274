//! Every name that an author of models looks for is there, as a method, a function or an operator, and its
//! result has the type that it should have.

use tgc_graph::prelude::*;

/// Holds expressions to a type.
#[track_caller]
fn are<'m, const N: usize>(ty: &str, expressions: [Tensor<'m>; N]) {
    for (i, x) in expressions.into_iter().enumerate() {
        let symbols = x.model().symbols();
        let got = x.ty().map(|ty| ty.display(&symbols).to_string());
        assert_eq!(got.as_deref(), Some(ty), "expression {i}: {}", pp(x));
    }
}

#[test]
fn elementwise() {
    let m = Model::new("m");
    let [x, y] = ["x", "y"].map(|name| m.input(name, F64, [2, 3]));
    are(
        "f64[2,3]",
        [x + y, x - 1, 2.0 * x, 1 / x, x % 2.0, -x, x.pow(y), pow(x, 2), x.int_div(y), int_div(x, 2)],
    );
    are("f64[2,3]", [modulo(x, y), divmod(x, y).0, x.divmod(2).1, abs(x), sgn(x), sqr(x), sqrt(x), rsqrt(x)]);
    are(
        "f64[2,3]",
        [reciprocal(x), exp(x), exp2(x), expm1(x), log(x), log2(x), log10(x), log1p(x), sin(x), cos(x)],
    );
    are(
        "f64[2,3]",
        [tan(x), arcsin(x), arccos(x), arctan(x), arctan2(x, y), sinh(x), cosh(x), tanh(x), arcsinh(x)],
    );
    are(
        "f64[2,3]",
        [arccosh(x), arctanh(x), sigmoid(x), softplus(x), relu(x), leaky_relu(x, 0.1), elu(x, 1.0)],
    );
    are("f64[2,3]", [selu(x), gelu(x), gelu_tanh(x), silu(x), hard_sigmoid(x), softsign(x), erf(x), erfc(x)]);
    are("f64[2,3]", [gamma(x), gammaln(x), psi(x), x.polygamma(1), ceil(x), floor(x), trunc(x), round(x)]);
    are(
        "f64[2,3]",
        [round_half_away(x), maximum(x, y), minimum(x, 0), clip(x, -1, 1.0), switch(x.gt(y), x, 0)],
    );
    are("f64[2,3]", [x.fill(1.0), fill(x, 2.5), logaddexp(x, y), deg2rad(x), rad2deg(x), cast(x, F64)]);
    are(
        "bool[2,3]",
        [eq(x, y), neq(x, y), lt(x, y), le(x, 1), gt(x, 0.5), ge(x, y), isnan(x), isinf(x), isfinite(x)],
    );
    let (b, n) = (x.gt(y), m.input("n", I32, [2, 3]));
    are("bool[2,3]", [b & b, b | b, b ^ b, !b, b.and(b), b.or(b), b.xor(b), b.invert(), and(b, b), or(b, b)]);
    are(
        "i32[2,3]",
        [n & 1, n | n, 3 ^ n, !n, n << 2, n >> n, 1 << n, n.left_shift(1), n.right_shift(n), invert(n)],
    );
    let z = complex(x, y);
    are(
        "c128[2,3]",
        [z, x.complex(1), conj(z), z + x, z - 1, z * z, x / z, exp(z), log(z), sqrt(z), z.pow(z)],
    );
    are("f64[2,3]", [real(z), imag(z), angle(z), abs(z)]);
}

#[test]
fn reductions() {
    let m = Model::new("m");
    let x = m.input("x", F32, [2, 3]);
    are(
        "f32[]",
        [x.sum(), x.prod(), x.mean(), x.var(), x.std(), x.max(), x.min(), x.ptp(), x.norm(), x.logsumexp()],
    );
    are("i64[]", [x.argmax(), x.argmin(), x.cast(I8).sum(), x.gt(0).sum()]);
    are("bool[]", [x.any(), x.all()]);
    are(
        "f32[2]",
        [x.sum_over(1), x.prod_over(-1), x.mean_over([1]), x.var_over(vec![1]), x.std_over([1].as_slice())],
    );
    are("f32[3]", [x.max_over(0), x.min_over(0), x.ptp_over(0), x.norm_over(-2), x.logsumexp_over(0)]);
    are("f32[2,1]", [x.reduce().over(1).keepdims().sum(), x.reduce().over([-1]).keepdims().var_ddof(1)]);
    are("f64[]", [x.reduce().dtype(F64).sum(), x.reduce().over([0, 1]).dtype(F64).mean()]);
    are("f32[2]", [x.reduce().over(1).norm_ord(1.0), x.reduce().over(1).std_ddof(1)]);
    are("i64[3]", [x.argmax_over(0), x.argmin_over([0])]);
    are("f32[2,3]", [x.cumsum(1), x.cumprod(0), x.along(-1).reverse().exclusive().cumsum()]);
}

#[test]
fn shapes() {
    let m = Model::new("m");
    let (x, v) = (m.input("x", F64, [2, 3]), m.input("v", F64, [3]));
    are("f64[3,2]", [x.reshape([3, -1]), x.t(), x.transpose([1, 0]), x.swapaxes(0, 1), x.moveaxis(0, 1)]);
    are(
        "f64[6]",
        [
            x.flatten(1),
            x.reshape([-1]),
            v.tile([2]),
            v.repeat(2, 0),
            x.pad([(0, 0), (1, 2)], Padding::Edge).index(0),
        ],
    );
    are(
        "f64[3]",
        [x.expand_dims(0).squeeze().index(0), v.expand_dims(0).squeeze_axes(0), v.flip(0), v.roll(1, 0)],
    );
    are("f64[1,3]", [v.expand_dims(0), v.dimshuffle([None, Some(0)]), concatenate([v.expand_dims(0)], 0)]);
    are(
        "f64[2,3]",
        [v.broadcast_to([2, 3]), alloc(v, [2, 3]), stack([v, v], 0), x.zeros_like(), x.ones_like()],
    );
    are(
        "f64[2,3]",
        [
            x.full_like(7),
            m.zeros([2, 3], F64),
            m.ones([2, 3], F64),
            m.full([2, 3], 0.5),
            x.tril(0),
            x.triu(1),
        ],
    );
    are("f64[2,3]", [x.split([1, 1], 0)[0], x.split(2, 0).remove(1)].map(|part| part.broadcast_to([2, 3])));
    are("f64[2,3]", [m.eye(2, 3, 0, F64), m.tri(2, 3, -1, F64), x.pad_constant([(0, 0)], 1.0)]);
    are("f64[3,3]", [v.diag(0), v.diag(0).diag(0).diag(0)]);
    are("f64[2]", [x.diagonal(0), x.diagonal_of(0, 0, 1), m.linspace(0.0, 1.0, 2), m.arange(0.0, 1.0, 0.5)]);
    are("i64[4]", [m.arange(0, 4, 1), m.arange(3, -1, -1)]);
    are("i64[]", [x.dim(0).value(&m), (x.dim(0) * x.dim(1)).value(&m)]);
}

#[test]
fn indexing() {
    let m = Model::new("m");
    let (x, at) = (m.input("x", F64, [2, 3]), m.input("at", I64, [4]));
    are("f64[3]", [x.index(0), x.index(-1), x.index((1, ..)), x.take(0, 0)]);
    are("f64[2,2]", [x.index((.., 1..)), x.index((.., (0..3).step(2))), x.index((Ellipsis, (..).step(-2)))]);
    are("f64[4]", [x.index((at, at)), x.index((0, at)), x.take(at, 0).index((.., 2))]);
    are("f64[4,3]", [x.index(at), x.take(at, 0), x.index((at, NewAxis)).squeeze()]);
    are("f64[2,3]", [x.set_subtensor(0, 1.5), x.inc_subtensor((.., 1), 2), x.set_subtensor((at, at), 0)]);
    are("f64[2,3]", [x.set_subtensor(x.gt(0), 0.0), x.gt(0).switch(x, 0), x.inc_subtensor(at, 1)]);
    are("f64[2,1]", [x.take_along_axis(m.constant([[0], [2]]), 1)]);
    are("f32[4,10]", [at.one_hot(10, F32)]);
}

#[test]
fn products_and_networks() {
    let m = Model::new("m");
    let (x, v) = (m.input("x", F64, [2, 2]), m.input("v", F64, [2]));
    are(
        "f64[2,2]",
        [dot(x, x), x.dot(x), outer(v, v), tensordot(x, x, 1), matmul(x, x), einsum("ij,jk->ik", [x, x])],
    );
    are("f64[2]", [dot(x, v), v.dot(x), batched_dot(x, x), softmax(v), log_softmax(v), v.softmax_along(0)]);
    are("f64[]", [dot(v, v), x.trace(), categorical_crossentropy(softmax(v), v)]);
    are("f64[2]", [categorical_crossentropy(x, x), categorical_crossentropy(x, m.constant([0, 1]))]);
    are("f64[2]", [binary_crossentropy(v, v), layer_norm(v, v, v, 1e-5), batch_norm(x, v, v, 0, 1e-5).mean]);
    are("f64[2,2]", [batch_norm(x, v, v, 0, 1e-5).output, batch_norm_with(x, v, v, v, v, 0, 1e-5)]);
}

#[test]
fn gradients() {
    let m = Model::new("m");
    let [x, w] = ["x", "w"].map(|name| m.input(name, F64, [2]));
    let cost = (x * w).sqr().sum();
    are("f64[2]", [grad(cost, x), grad(cost * consider_constant(x).sum(), w)]);
    are("f64[2]", grad(cost, [x, w]));
    are(
        "f64[2]",
        [
            Gradient::of(cost).constants([x]).by(w),
            Gradient::of(cost).allow_disconnected().by(m.shared("s", [0.0; 2])),
        ],
    );
    are("f64[2]", [Gradient::known([(x * w, w)]).by(x), lop(x * w, x, w), rop(x * w, x, w)]);
    are("f64[2,2]", [jacobian(x * w, x), hessian(cost, x)]);
    assert_eq!(verify_grad(cost, [(x, [1.0, 2.0].into()), (w, [0.5, -1.0].into())]), Ok(()));
}

/// Every typed constructor, `bscalar` to `ztensor4`, and its plural.
#[test]
fn constructors() {
    macro_rules! constructors {
        ($($ty:literal: $($one:ident $many:ident $shape:literal),*;)*) => {$({
            let m = Model::new("m");
            $(
                let tensor = m.$one(concat!("one_", stringify!($one)));
                let [first, second] = m.$many([concat!("first_", stringify!($one)), concat!("second_", stringify!($one))]);
                for x in [tensor, first, second] {
                    let ty = x.ty().unwrap();
                    let shape: Vec<String> = ty.shape.iter().map(|d| d.as_const().map_or("n".into(), |n| n.to_string())).collect();
                    assert_eq!((ty.dtype.to_string().as_str(), shape.join(",").as_str()), ($ty, $shape), stringify!($one));
                }
            )*
        })*};
    }
    constructors! {
        "i8": bscalar bscalars "", bvector bvectors "n", bmatrix bmatrices "n,n", brow brows "1,n", bcol bcols "n,1",
            btensor3 btensor3s "n,n,n", btensor4 btensor4s "n,n,n,n";
        "i16": wscalar wscalars "", wvector wvectors "n", wmatrix wmatrices "n,n", wrow wrows "1,n", wcol wcols "n,1",
            wtensor3 wtensor3s "n,n,n", wtensor4 wtensor4s "n,n,n,n";
        "i32": iscalar iscalars "", ivector ivectors "n", imatrix imatrices "n,n", irow irows "1,n", icol icols "n,1",
            itensor3 itensor3s "n,n,n", itensor4 itensor4s "n,n,n,n";
        "i64": lscalar lscalars "", lvector lvectors "n", lmatrix lmatrices "n,n", lrow lrows "1,n", lcol lcols "n,1",
            ltensor3 ltensor3s "n,n,n", ltensor4 ltensor4s "n,n,n,n";
        "f32": fscalar fscalars "", fvector fvectors "n", fmatrix fmatrices "n,n", frow frows "1,n", fcol fcols "n,1",
            ftensor3 ftensor3s "n,n,n", ftensor4 ftensor4s "n,n,n,n";
        "f64": dscalar dscalars "", dvector dvectors "n", dmatrix dmatrices "n,n", drow drows "1,n", dcol dcols "n,1",
            dtensor3 dtensor3s "n,n,n", dtensor4 dtensor4s "n,n,n,n";
        "c64": cscalar cscalars "", cvector cvectors "n", cmatrix cmatrices "n,n", crow crows "1,n", ccol ccols "n,1",
            ctensor3 ctensor3s "n,n,n", ctensor4 ctensor4s "n,n,n,n";
        "c128": zscalar zscalars "", zvector zvectors "n", zmatrix zmatrices "n,n", zrow zrows "1,n", zcol zcols "n,1",
            ztensor3 ztensor3s "n,n,n", ztensor4 ztensor4s "n,n,n,n";
    }
    let m = Model::new("m");
    for dtype in DType::ALL {
        let x = m.input(&format!("x_{dtype}"), dtype, [m.dim("N"), 3.into()]);
        are(&format!("{dtype}[N,3]"), [x]);
    }
}
