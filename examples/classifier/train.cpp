// Trains the perceptron of model.rs on 2,000 handwritten digits, tests it on 500 others, and saves its state.
//
//   train DIGITS STATE    reads the folder DIGITS, writes the file STATE, which is safetensors
#include "classifier.h"

#include "../digits/digits.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

constexpr int kMost = 2000, kBatch = 50, kEpochs = 12;

using Model = std::unique_ptr<classifier_ctx, void (*)(classifier_ctx *)>;

struct Digits {
  int count = 0;
  std::vector<std::uint8_t> pixels, labels;
};

void check(classifier_status status, const classifier_ctx *model) {
  if (status != CLASSIFIER_OK) throw std::runtime_error(model ? classifier_error(model) : "no instance of the model");
}

Digits read(const char *folder, const char *set) {
  Digits digits;
  digits.pixels.resize(std::size_t{kMost} * PIXELS);
  digits.labels.resize(kMost);
  digits.count = read_digits(folder, set, kMost, digits.pixels.data(), digits.labels.data());
  return digits;
}

Model create() {
  classifier_config config = CLASSIFIER_CONFIG(500);
  classifier_ctx *model = nullptr;
  check(classifier_create(&config, &model), nullptr);
  return Model(model, classifier_destroy);
}

// Uniform weights whose variance is 2 / inputs (He and others, "Delving deep into rectifiers", 2015, equation 10). The
// standard fixes the numbers of std::mt19937, but not those of its distributions.
void fill(float *w, int inputs, int outputs, std::mt19937 &random) {
  const float bound = std::sqrt(6.0f / static_cast<float>(inputs));
  for (int i = 0; i < inputs * outputs; i++) w[i] = bound * (static_cast<float>(random()) / 2147483648.0f - 1.0f);
}

// One pass over the digits in a random order; returns the mean cross-entropy.
double epoch(classifier_ctx *model, const Digits &digits, float rate, std::mt19937 &random) {
  std::vector<int> order(static_cast<std::size_t>(digits.count));
  for (int i = 0; i < digits.count; i++) order[i] = i;
  for (int i = digits.count - 1; i > 0; i--) std::swap(order[i], order[random() % (i + 1)]);

  std::vector<std::uint8_t> pixels(kBatch * PIXELS), labels(kBatch);
  double sum = 0;
  for (int first = 0; first + kBatch <= digits.count; first += kBatch) {
    for (int i = 0; i < kBatch; i++) {
      const int digit = order[first + i];
      std::copy_n(&digits.pixels[digit * PIXELS], PIXELS, &pixels[i * PIXELS]);
      labels[i] = digits.labels[digit];
    }
    float cost;
    check(classifier_train(model, kBatch, pixels.data(), labels.data(), rate, &cost), model);
    sum += cost;
  }
  return sum / (digits.count / kBatch);
}

// How many percent of the digits the model names.
double accuracy(classifier_ctx *model, const Digits &digits) {
  std::vector<std::int64_t> named(500);
  std::vector<float> probability(500 * 10);
  int right = 0;
  for (int first = 0; first < digits.count; first += 500) {
    const int n = std::min(500, digits.count - first);
    check(classifier_classify(model, n, &digits.pixels[first * PIXELS], named.data(), probability.data()), model);
    for (int i = 0; i < n; i++) right += named[i] == digits.labels[first + i];
  }
  return 100.0 * right / digits.count;
}

void save(classifier_ctx *model, const char *path) {
  std::vector<char> image(CLASSIFIER_SAVE_BYTES);
  check(classifier_save(model, image.data(), image.size()), model);
  std::ofstream file(path, std::ios::binary);
  file.write(image.data(), static_cast<std::streamsize>(image.size()));
  if (!file.flush()) throw std::runtime_error(std::string("cannot write ") + path);
}

void run(const Digits &train, const Digits &test, const char *path) {
  Model model = create();
  std::mt19937 random(2026);
  fill(classifier_w1(model.get()), 784, 256, random);
  fill(classifier_w2(model.get()), 256, 128, random);
  fill(classifier_w3(model.get()), 128, 10, random);

  std::puts("epoch  cross-entropy  training  held-out");
  const auto start = std::chrono::steady_clock::now();
  for (int i = 1; i <= kEpochs; i++) {
    const double cost = epoch(model.get(), train, CLASSIFIER_TRAIN_RATE_DEFAULT, random);
    std::printf("%5d  %13.6f  %6.2f %%  %6.2f %%\n", i, cost, accuracy(model.get(), train), accuracy(model.get(), test));
    std::fflush(stdout);
  }
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
  std::printf("%.2f s per epoch\n", seconds.count() / kEpochs);
  save(model.get(), path);
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return std::cerr << "error: give the folder of digits and the file to write\n", 1;
  const Digits train = read(argv[1], "train");
  if (train.count < 0) return 1;
  const Digits test = read(argv[1], "test");
  if (test.count < 0) return 1;
  try {
    run(train, test, argv[2]);
  } catch (const std::exception &error) {
    return std::cerr << "error: " << error.what() << "\n", 1;
  }
}
