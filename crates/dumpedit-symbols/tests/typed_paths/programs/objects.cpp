#include <cstdint>
#include <cstddef>

namespace app {
int counter = 1;
namespace inner { short counter = 2; }
inline namespace v1 { int versioned = 3; }
enum class Color : unsigned char { Red, Green = 7 };
enum Plain { First, Second };
Color color = Color::Green, no_color = static_cast<Color>(9);
Plain plain = Second;
struct Config { int limits[4]; bool verbose; const char *name; Color color; };
Config config = { { 1, 2, 3, 4 }, true, "config", Color::Red };
}

namespace {
int hidden = 4;
struct Hidden { int x; };
Hidden hidden_struct = { 5 };
}
namespace app { namespace { int buried = 6; } }

template <typename T> struct Box {
    T value;
    static int count;
    Box(T value) : value(value) { ++count; }
};
template <typename T> int Box<T>::count = 10;
template <typename T, int N> struct Fixed { T items[N]; };

struct Base { int base_value = 1; virtual ~Base() {} virtual int f() { return 1; } };
struct Second { long second_value = 2; virtual void g() {} };
struct Derived : Base, Second { int derived_value = 3; int f() override { return 2; } };
struct Plain { int x; protected: int y; public: Plain() : x(1), y(2) {} };
class Child : private Plain { char letter = 'c'; public: Child() {} };
struct Virtual { int top = 11; virtual ~Virtual() {} };
struct Left : virtual Virtual { int left = 12; };
struct Right : virtual Virtual { int right = 13; };
struct Diamond : Left, Right { int bottom = 14; };

class Statics {
public:
    static int shared;
    static const int constant = 77;
    static constexpr double half = 0.5;
    int own = 5;
    static Statics instance;
};
int Statics::shared = 8;
Statics Statics::instance;
const int Statics::constant;

struct Methods { int number; int get() const { return number; } static int twice(int n) { return 2 * n; } };
struct Nested { struct Inner { int deep; } inner; enum Kind { A, B } kind; };

Box<int> box(3);
Box<const char *> text_box("text");
Box<Box<unsigned long>> nested_box(Box<unsigned long>(4));
Fixed<short, 3> fixed = { { 1, 2, 3 } };
Derived derived;
Child child;
Diamond diamond;
Base *base_pointer = &derived;
Statics statics;
Methods methods = { 9 };
Nested nested = { { 1 }, Nested::B };
int target = 21;
int &reference = target;
const int &const_reference = app::counter;
Derived &derived_reference = derived;
Base &base_reference = derived;
int Methods::*member_pointer = &Methods::number;
int (Methods::*method_pointer)() const = &Methods::get;
int (*static_method)(int) = &Methods::twice;
bool truth = true;
wchar_t wide[4] = L"wid";
char16_t text16[4] = u"t16";
char32_t text32[4] = U"t32";
std::nullptr_t nothing = nullptr;
void *pointer_to_nothing = nullptr;
const char *const names[] = { "a", "b" };
auto lambda = [](int n) { return n + 1; };
union Any { int i; double d; Any() : i(0) {} } any;
struct WithReference { int &r; const char *&s; } with_reference = { target, app::config.name };
extern "C" { int c_variable = 30; }
int *pointers_to_members[2] = { &app::config.limits[1], &derived.derived_value };
unsigned char bytes[4] = { 1, 2, 3, 4 };

int use() { static int calls = 40; return ++calls; }
namespace app { int use(int n) { static int calls = 50; calls += n; return calls; } }
struct Counter { int next() { static int state = 60; return ++state; } };

extern "C" void __attribute__((noinline)) stops_here() { __asm__ volatile(""); }

int main(int argc, char **) {
    Counter counter;
    int sum = use() + app::use(argc) + hidden + hidden_struct.x + app::buried + counter.next() + lambda(1);
    sum += statics.own + Methods::twice(1) + (methods.*method_pointer)() + static_method(1) + c_variable;
    stops_here();
    return nothing == nullptr ? sum : 0;
}
