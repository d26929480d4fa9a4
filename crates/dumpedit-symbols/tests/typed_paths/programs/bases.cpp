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
