//! A perceptron with two hidden layers that names digits: cross-entropy, and gradient descent with momentum.

use std::process::ExitCode;

use tgc_graph::prelude::*;

fn main() -> ExitCode {
    tgc_examples::save(classifier)
}

/// Pixels, two hidden layers, classes.
const SIZES: [usize; 4] = [784, 256, 128, 10];

fn classifier() -> Result<Model, BuildError> {
    let m = Model::new("classifier");
    let n = m.dim("N").range(1, 4096);
    let pixels = m.tensor("pixels", U8, [n, 784.into()]);
    let labels = m.tensor("labels", U8, [n]);

    let mut x = pixels.cast(F32) / 255.0;
    let mut parameters = vec![];
    for layer in 1..SIZES.len() {
        let (rows, columns) = (SIZES[layer - 1], SIZES[layer]);
        let w = m.shared(&format!("w{layer}"), Array::zeros::<f32>([rows, columns]));
        let b = m.shared(&format!("b{layer}"), Array::zeros::<f32>([columns]));
        let z = dot(x, w) + b;
        x = if columns == 10 { softmax(z) } else { relu(z) };
        parameters
            .extend([(w, format!("w{layer}"), vec![rows, columns]), (b, format!("b{layer}"), vec![columns])]);
    }
    let cost = categorical_crossentropy(x, labels).mean();

    let rate = m.fscalar("rate");
    let mut train =
        m.function("train").inputs([pixels, labels]).input_with_default(rate, 0.05f32).output("cost", cost);
    for (parameter, name, shape) in parameters {
        let velocity = m.shared(&format!("velocity_{name}"), Array::zeros::<f32>(shape));
        let step = 0.9 * velocity - rate * grad(cost, parameter);
        train = train.update(velocity, step).update(parameter, parameter + step);
    }
    train.finish()?;
    m.function("classify")
        .inputs([pixels])
        .outputs([("digit", x.argmax_over(-1)), ("probability", x)])
        .finish()?;
    Ok(m)
}
