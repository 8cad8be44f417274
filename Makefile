# make demo   sets up, builds tgc and trains the tutorial's logistic regression on handwritten digits
# make test   sets up and runs every check: formatting, lints, tests, examples, documents
# make bench  measures the emitted code beside its peers and writes docs/benchmarks.md;
#             make bench ONLY=softmax measures the cases with that word in their names, and prints;
#             make bench ONLY=cliffs measures how building grows with a model, and writes that section
# make accuracy   measures the elementary functions in full (an hour or more of one core) and writes the table of docs/accuracy.md

export PATH := $(HOME)/.cargo/bin:$(PATH)

.PHONY: setup demo test bench accuracy fmt clean

setup:
	@scripts/setup

demo: setup
	cargo build --release -p tgc -p tgc-examples --bin tgc --bin logreg
	examples/run release logreg

test:
	@scripts/setup test
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets -- -D warnings
	cargo test --workspace
	RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps

bench: setup
	@scripts/bench $(ONLY)

accuracy: setup
	cargo run --release -p tgc-tests --bin accuracy

fmt:
	cargo fmt --all

clean:
	cargo clean
	rm -rf out
