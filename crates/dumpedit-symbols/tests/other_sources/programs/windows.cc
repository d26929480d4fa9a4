// Compiled for `x86_64-pc-windows-msvc` and linked without a system: what names and types of C++ a PDB has.

extern "C" int _fltused = 0;
extern "C" unsigned _tls_index = 0;
#ifdef _M_IX86
// Where the thread's table of blocks is, behind fs.
__asm__(".globl __tls_array\n__tls_array = 0x2c");
#endif

namespace {
int hidden = 1;
} // namespace

namespace ns {
enum Color { Red, Green = 7, Blue = -2 };
enum class Level : unsigned char { Low, High = 200 };

struct Base {
  virtual int speak(int times) { return times + hidden; }
  short base_value;
};

struct Left : virtual Base {
  long long left;
};

union Either {
  double number;
  unsigned char bytes[8];
};

struct Node;

class Point : public Base {
public:
  static int count;
  int x, y;
  unsigned flag : 1, kind : 5, : 3, wide : 20;
  signed char small : 3;
  Color color;
  Level level;
  Either either;
  const char *name;
  int (*call)(int, ...);
  int Point::*member;
  float matrix[3][5];
  Node *next;
  struct {
    int inner;
  } unnamed;
  union {
    int as_int;
    float as_float;
  };
};

struct Node {
  Node *next;
  const volatile Point *point;
  wchar_t letters[4];
  bool on;
  Point &same;
};

template <typename T> struct Box {
  T value;
};

int Point::count = 3;
Point point;
Node nodes[2] = {{nullptr, &point, {L'a'}, true, point}, {nodes, nullptr, {}, false, point}};
Box<Box<int>> boxed;
Left left;
const volatile long limits[4] = {1, 2, 3, 4};
char16_t wide = u'x';
unsigned long long big = 1;

int add(int a, int b) { return a + b; }
int add(double a, Box<int> *b) { return static_cast<int>(a) + b->value; }
template <typename T> int generic(T value) { return static_cast<int>(value); }
template int generic<short>(short);
static int only_here(int a) {
  static int calls = 5;
  return calls += a;
}
int use() { return only_here(add(1, 2)) + hidden + limits[1] + nodes[1].on; }
} // namespace ns

thread_local int per_thread = 4;
typedef ns::Point Spot;
Spot *spot = &ns::point;

extern "C" {
int counter = 42;
__declspec(dllexport) int exported(int value) { return ns::use() + value + per_thread; }
__declspec(dllexport) int exported_data = 6;
int entry(void) { return exported(counter) + ns::generic<short>(1); }
}

void operator delete(void *, unsigned long long) {}
