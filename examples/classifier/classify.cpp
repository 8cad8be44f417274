// Names a digit that is drawn with characters, by the weights that train.cpp saved.
//
//   classify STATE DRAWING    reads both files; a drawing has at most 28 lines of at most 28 characters
#include "classifier.h"

#include <cmath>
#include <cstdio>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

constexpr int kSide = 28;
const std::string kInk = " .:-=+*#%@";  // from white to black

using Model = std::unique_ptr<classifier_ctx, void (*)(classifier_ctx *)>;

void check(classifier_status status, const classifier_ctx *model) {
  if (status != CLASSIFIER_OK) throw std::runtime_error(model ? classifier_error(model) : "no instance of the model");
}

std::string read(const char *path) {
  std::ifstream file(path, std::ios::binary);
  std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) throw std::runtime_error(std::string("cannot read ") + path);
  return text;
}

std::vector<std::uint8_t> pixels(const std::string &drawing) {
  std::vector<std::uint8_t> pixels(kSide * kSide);
  int line = 0, column = 0;
  for (const char c : drawing) {
    if (c == '\n') {
      line++, column = 0;
      continue;
    }
    const std::string where = "line " + std::to_string(line + 1) + " of the drawing";
    const std::size_t ink = kInk.find(c);
    if (ink == std::string::npos) throw std::runtime_error(where + " has a character other than \"" + kInk + "\"");
    if (line >= kSide || column >= kSide) throw std::runtime_error(where + " is beyond 28 lines of 28 characters");
    pixels[line * kSide + column++] = static_cast<std::uint8_t>(ink * 255 / (kInk.size() - 1));
  }
  return pixels;
}

// The image with its centre of mass in the middle, as those that the model was trained on have it.
std::vector<std::uint8_t> centred(const std::vector<std::uint8_t> &image) {
  double mass = 0, row = 0, column = 0;
  for (int i = 0; i < kSide * kSide; i++) {
    mass += image[i];
    row += image[i] * (i / kSide + 0.5);
    column += image[i] * (i % kSide + 0.5);
  }
  if (mass == 0) throw std::runtime_error("the drawing is empty");
  const int down = static_cast<int>(std::lround(kSide / 2.0 - row / mass));
  const int right = static_cast<int>(std::lround(kSide / 2.0 - column / mass));
  std::vector<std::uint8_t> moved(image.size());
  for (int i = 0; i < kSide * kSide; i++) {
    const int to_row = i / kSide + down, to_column = i % kSide + right;
    if (image[i] == 0 || to_row < 0 || to_row >= kSide || to_column < 0 || to_column >= kSide) continue;
    moved[to_row * kSide + to_column] = image[i];
  }
  return moved;
}

Model load(const char *path) {
  classifier_config config = CLASSIFIER_CONFIG(1);
  classifier_ctx *ctx = nullptr;
  check(classifier_create(&config, &ctx), nullptr);
  Model model(ctx, classifier_destroy);
  const std::string image = read(path);
  if (classifier_load(ctx, image.data(), image.size()) != CLASSIFIER_OK) {
    throw std::runtime_error(std::string("cannot use ") + path + ": " + classifier_error(ctx));
  }
  return model;
}

void run(const char *state, const char *drawing) {
  const Model model = load(state);
  std::int64_t digit = 0;
  float probability[10];
  check(classifier_classify(model.get(), 1, centred(pixels(read(drawing))).data(), &digit, probability), model.get());
  std::printf("a %d\n", static_cast<int>(digit));
  for (int i = 0; i < 10; i++) std::printf("%d  %5.1f %%\n", i, 100.0 * static_cast<double>(probability[i]));
}

}  // namespace

int main(int argc, char **argv) {
  if (argc != 3) return std::cerr << "error: give the file of the state and the file of the drawing\n", 1;
  try {
    run(argv[1], argv[2]);
  } catch (const std::exception &error) {
    return std::cerr << "error: " << error.what() << "\n", 1;
  }
}
