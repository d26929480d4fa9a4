// Compiled for macOS and linked without a system.

namespace ns {
int counter = 42;
static int hidden = 7;
thread_local int per_thread = 3;
static thread_local long second = 4;
struct Point {
  int x, y;
  int sum() const;
};
int Point::sum() const { return x + y; }
Point point = {1, 2};
template <typename T> T twice(T value) { return value + value; }
int use(int a) { return twice(a) + point.sum() + hidden + per_thread + static_cast<int>(second); }
} // namespace ns

extern "C" int counter_of_c = 1;
extern "C" int entry() { return ns::use(counter_of_c); }
