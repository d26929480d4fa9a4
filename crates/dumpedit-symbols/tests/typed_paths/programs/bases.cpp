// Classes with several bases: pointers to them differ, and members of one name stand in each.
struct A {
    int a, m;
};
struct B {
    int b, m;
};
struct C : A, B {
    int z;
};
struct Root {
    int root;
};
struct Left : virtual Root {
    int left;
};
struct Right : virtual Root {
    int right;
};
struct Diamond : Left, Right {
    int bottom;
};

// Two members of one name at one offset, of which one is empty.
struct Empty {};
struct Without {
    [[no_unique_address]] Empty k;
};
struct With {
    long k;
};
struct Overlapping : Without, With {};
struct Holder {
    static int common;
    int in_holder;
};
struct First : Holder {
    int first;
};
struct Second : Holder {
    int second;
};
struct Both : First, Second {
    int in_both;
};
struct Top : Both {
    int first;
};
struct Hidden : First {
    int in_holder;
};
namespace n {
struct Scoped {
    int v;
};
template <class T> struct Of {
    T v;
};
} // namespace n
namespace o {
struct Scoped {
    int v;
};
} // namespace o
namespace {
struct Unnamed {
    int v;
};
} // namespace
struct Scopes : n::Scoped, o::Scoped, n::Of<unsigned long>, Unnamed {};

int Holder::common = 9;
Overlapping overlapping = {{}, {4}};
Top top = {{{{1}, 2}, {{3}, 4}, 5}, 6};
Hidden hidden = {{{7}, 8}, 9};
Scopes scopes = {{1}, {2}, {3}, {4}};

C c;
B *as_b = &c;
C *as_c = &c;
C *none = nullptr;
B other;
Diamond diamond;
Diamond *as_diamond = &diamond;
// Where debug information keeps the classes.
A *as_a = &c;
Root *as_root;

int main() {
    return 0;
}
