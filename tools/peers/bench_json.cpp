// Times simdjson On-Demand, and the C++ library, on one JSON array of numbers that are to become float32.
//
// usage: bench_json FILE [SECONDS]
// Prints a JSON line for each: name, bytes, median_us, mb_per_s.
#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <simdjson.h>
#include <vector>

static double seconds = 0.3;

static void measure(const char *name, size_t bytes, const std::function<void()> &body) {
  using clock = std::chrono::steady_clock;
  std::vector<double> times;
  body();
  body();
  auto end = clock::now() + std::chrono::duration<double>(seconds);
  while (clock::now() < end || times.size() < 5) {
    auto start = clock::now();
    body();
    times.push_back(std::chrono::duration<double, std::micro>(clock::now() - start).count());
  }
  std::sort(times.begin(), times.end());
  double median = times[times.size() / 2];
  const char *line = "{\"name\":\"%s\",\"bytes\":%zu,\"median_us\":%.1f,\"mb_per_s\":%.1f}\n";
  std::printf(line, name, bytes, median, bytes / median);
}

int main(int count, char **arguments) {
  if (count < 2) return 2;
  if (count > 2) seconds = std::atof(arguments[2]);
  auto text = simdjson::padded_string::load(arguments[1]).value();
  simdjson::ondemand::parser parser;
  std::vector<float> numbers;
  {
    auto document = parser.iterate(text);
    for (auto value : document.get_array()) numbers.push_back(float(value.get_double().value()));
  }

  measure("simdjson_decode", text.size(), [&] {
    size_t index = 0;
    auto document = parser.iterate(text);
    for (auto value : document.get_array()) numbers[index++] = float(value.get_double().value());
  });
  measure("from_chars_decode", text.size(), [&] {
    const char *cursor = text.data() + 1, *end = text.data() + text.size();
    for (auto &number : numbers) cursor = std::from_chars(cursor, end, number).ptr + 1;
  });
  std::vector<char> room(numbers.size() * 17 + 32);
  char *end = room.data();
  auto write = [&] {
    char *cursor = room.data();
    *cursor++ = '[';
    for (float number : numbers) {
      cursor = std::to_chars(cursor, cursor + 16, number).ptr;
      *cursor++ = ',';
    }
    cursor[-1] = ']';
    end = cursor;
  };
  write();
  measure("to_chars_encode", size_t(end - room.data()), write);
}
