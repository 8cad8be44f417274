//! A phrase book: above each line what one writes in Theano, with `T` for `theano.tensor`.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(theano)
}

fn theano() -> Result<Model, BuildError> {
    let m = Model::new("theano");
    functions(&m)?;
    gradients(&m)?;
    expressions(&m)?;
    Ok(m)
}

fn functions(m: &Model) -> Result<(), BuildError> {
    // x = T.dscalar('x'); a, b = T.dmatrices('a', 'b')
    let x = m.dscalar("x");
    let [a, b] = m.dmatrices(["a", "b"]);
    // t = T.tensor('float32', (False, True), 't')
    let t = m.tensor("t", F32, [m.dim("N"), 1.into()]);
    // s = shared(0, 's'); data = shared(numpy.ones((2, 3)), 'data')
    let s = m.shared("s", 0i64);
    let data = m.shared("data", [[1.0, 1.0, 1.0], [1.0, 1.0, 1.0]]);

    // add = function([a, b], a + b)
    m.function("add").inputs([a, b]).output("sum", a + b).finish()?;
    // both = function([x, t], [x * t, x + t])
    m.function("both").inputs([x, t]).outputs([("product", x * t), ("total", x + t)]).finish()?;
    // count = function([inc], s, updates=[(s, s + inc)])
    let inc = m.iscalar("inc");
    m.function("count").inputs([inc]).output("before", s).update(s, s + inc).finish()?;
    // scale = function([x, In(rate, value=0.1)], x * rate)
    let rate = m.dscalar("rate");
    m.function("scale").inputs([x]).input_with_default(rate, 0.1).output("y", x * rate).finish()?;
    // total = function([], a.sum(), givens=[(a, data)])
    m.function("total").given(a, data).output("y", a.sum()).finish()?;
    // first = function([x, rate], x, on_unused_input='ignore')
    m.function("first").inputs([x, rate]).output("y", x).allow_unused().finish()
}

fn gradients(m: &Model) -> Result<(), BuildError> {
    let [w, u] = [m.shared("w", [0.5, -0.5]), m.shared("u", [1.0, 2.0])];
    let p = w * w;
    let cost = (p * u).sum();

    // gw, gu = T.grad(cost, [w, u])
    let [gw, gu] = grad(cost, [w, u]);
    // T.grad(cost, w, consider_constant=[p])
    let constant = Gradient::of(cost + w.sum()).constants([p]).by(w);
    // T.grad(cost, unused, disconnected_inputs='ignore')
    let unused = m.constant([0.0, 0.0]);
    let zeros = Gradient::of(cost).allow_disconnected().by(unused);
    // T.grad(None, w, known_grads={p: u})
    let known = Gradient::known([(p, u)]).by(w);
    // theano.gradient.jacobian(p, w); theano.gradient.hessian(cost, w)
    let (square, cube) = (jacobian(p, w), hessian(cost, w));
    // T.Lop(p, w, u); T.Rop(p, w, u)
    let (left, right) = (lop(p, w, u), rop(p, w, u));

    m.function("gradients")
        .outputs([("gw", gw), ("gu", gu), ("constant", constant), ("zeros", zeros), ("known", known)])
        .outputs([("square", square), ("cube", cube), ("left", left), ("right", right)])
        .finish()
}

fn expressions(m: &Model) -> Result<(), BuildError> {
    let [v, r] = [m.input("v", F64, [6]), m.input("r", F64, [6])];
    let e = m.input("e", F64, [3, 6]);

    let outputs = [
        // T.nnet.sigmoid(T.dot(e, v))
        ("product", sigmoid(dot(e, v))),
        // T.switch(v > r, v, r)
        ("greater", v.gt(r).switch(v, r)),
        // T.eq(v, r)
        ("equal", v.eq(r)),
        // v ** 2 + r // 2
        ("power", v.pow(2) + r.int_div(2)),
        // e.mean(axis=0, keepdims=True)
        ("mean", e.reduce().over(0).keepdims().mean()),
        // v.dimshuffle(0, 'x')
        ("column", v.dimshuffle([Some(0), None])),
        // e[-1, 2:5]
        ("part", e.index((-1, 2..5))),
        // T.set_subtensor(v[0], 1.0)
        ("set", v.set_subtensor(0, 1.0)),
        // T.inc_subtensor(v[::2], 1.0)
        ("inc", v.inc_subtensor((..).step(2), 1.0)),
        // T.concatenate([v, r])
        ("joined", concatenate([v, r], 0)),
        // T.cast(v, 'float32')
        ("single", v.cast(F32)),
    ];
    m.function("expressions").inputs([v, r, e]).outputs(outputs).finish()
}
